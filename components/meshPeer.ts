import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { PeerReader, type PeerReaderArgs } from "./peerReader.ts";
import type { PeerStatus } from "../federation/imports/registration.ts";
import type { MeshPeerState } from "../federation/mesh/meshPeer.ts";
import { remoteSecret } from "../federation/mesh/reader.ts";

/** Arguments of a `MeshPeer`. */
export interface MeshPeerArgs extends PeerReaderArgs {
  /** State of the peer. */
  view: MeshPeerState;
}

/** Another cluster of the mesh: access of its istiod to this cluster, and of this one's istiod to it. */
export class MeshPeer extends pulumi.ComponentResource {
  readonly reader: PeerReader;
  /** For the stack output `peers`. */
  readonly status: PeerStatus;

  constructor(name: string, args: MeshPeerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("istio-federation:index:MeshPeer", name, {}, opts);
    const { view, peer, namespace } = args;
    this.reader = new PeerReader(`${name}-reader`, args, { parent: this });
    if (view.access !== undefined) {
      const { metadata, stringData } = remoteSecret(peer, view.access);
      new kubernetes.core.v1.Secret(
        `${name}-remote`,
        { metadata: { ...metadata, namespace }, stringData: pulumi.secret(stringData) },
        { parent: this },
      );
    }
    this.status = {
      state: view.state,
      reason: view.state === "ready" ? "" : view.reason,
      since: view.state === "ready" ? "" : view.since,
      imported: 0,
    };
    this.registerOutputs({ status: this.status });
  }
}
