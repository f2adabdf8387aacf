import * as pulumi from "@pulumi/pulumi";
import { MeshPeer } from "./meshPeer.ts";
import type { StackConfig } from "../federation/config/stackConfig.ts";
import { sortedRecord } from "../federation/core/order.ts";
import type { PeerStatus } from "../federation/imports/registration.ts";
import type { SettledMesh } from "../federation/mesh/apiServer.ts";
import type { CredentialLife, PeerAccess } from "../federation/mesh/credential.ts";
import type { MeshPeer as PeerView } from "../federation/mesh/meshPeer.ts";

/** What was found for the topology `single-mesh`. */
export interface SingleMeshArgs {
  settings: SettledMesh;
  /** What was found of each peer that the config names. */
  peers: Record<string, PeerView>;
}

/** What came of it, for the stack's outputs; by the peer's name. */
export interface JoinedMesh {
  /** What each peer's istiod reads this cluster by; secret. */
  access: pulumi.Output<Record<string, PeerAccess>>;
  /** From when to when that serves. */
  credentials: pulumi.Output<Record<string, CredentialLife>>;
  /** By what our istiod reads each peer; secret. */
  joined: pulumi.Output<Record<string, PeerAccess>>;
  statuses: Record<string, PeerStatus>;
}

/** Makes the peers of a single mesh. @param namespace name of the one that istiod runs in. */
export function joinMesh(
  name: string,
  { settings, peers }: SingleMeshArgs,
  kubeconfig: StackConfig["kubeconfig"],
  namespace: pulumi.Input<string>,
  opts: pulumi.ComponentResourceOptions,
): JoinedMesh {
  const made = Object.entries(peers).map(([peer, view]) => {
    const args = { peer, view, kubeconfig, settings, namespace };
    return [peer, new MeshPeer(`${name}-peer-${peer}`, args, opts)] as const;
  });
  const each = <T>(pick: (peer: MeshPeer) => T) =>
    Object.fromEntries(made.map(([peer, resource]) => [peer, pick(resource)]));
  const joined = Object.entries(peers).flatMap(([peer, { access }]) =>
    access === undefined ? [] : [[peer, access] as const],
  );
  return {
    access: pulumi.secret(pulumi.all(each(({ reader }) => reader.access))),
    credentials: pulumi.all(each(({ reader }) => reader.life)),
    joined: pulumi.secret(sortedRecord(joined)),
    statuses: each(({ status }) => status),
  };
}

/** What the gateway is to its network in a single mesh. */
export interface NetworkGateway {
  /** The network to whose workloads it leads, and to no others. */
  network: string;
  hosts: string[];
}

/**
 * The gateway's part in a single mesh. It is open for every Service of the cluster, as any of them may have endpoints that another
 * cluster's workloads are sent to; in a federation it is open for exported Services by name. (Istio's sample says `*.local`, which
 * is all that plus whatever else is named so in the mesh.)
 */
export function networkGateway({ cluster: { network, domain } }: StackConfig): NetworkGateway {
  return { network, hosts: [`*.svc.${domain}`] };
}
