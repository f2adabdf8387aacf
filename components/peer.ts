import * as pulumi from "@pulumi/pulumi";
import type { PeerConfig } from "../federation/config/peers.ts";
import type { Brake } from "../federation/config/brake.ts";
import type { StackConfig } from "../federation/config/stackConfig.ts";
import { type OtherPeers, hostDigests } from "../federation/imports/otherPeers.ts";
import { type PeerStatus, type Registration, statusOf } from "../federation/imports/registration.ts";
import { ImportedServices } from "../providers/importedServices.ts";

/** Arguments of a `Peer`. */
export interface PeerArgs {
  registration: Registration;
  others: OtherPeers;
  config: PeerConfig;
  /** Limits of its services that are removed at once. */
  brake: Brake;
  /** Namespace of its ServiceEntries. */
  namespace: pulumi.Input<string>;
  /** Names the cluster to write to. */
  kubeconfig: StackConfig["kubeconfig"];
}

/** Another cluster, and the services of it that can be called from here. */
export class Peer extends pulumi.ComponentResource {
  /** For the stack output `peers`. */
  readonly status: pulumi.Output<PeerStatus>;

  constructor(name: string, args: PeerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("istio-federation:index:Peer", name, {}, opts);
    const { registration, others, config } = args;
    const { peer, state, reason, gateways, services, refusedHosts, heldNames } = registration;

    const { imported, braked } = new ImportedServices(
      `${name}-imports`,
      {
        kubeconfig: args.kubeconfig,
        namespace: args.namespace,
        peer,
        exportTo: config.exportTo ?? ["*"],
        gateways,
        services,
        pending: state === "ready" ? undefined : reason,
        held: hostDigests([...refusedHosts, ...heldNames]),
        otherGateways: others.otherGateways,
        siblings: others.siblings,
        movable: others.movable,
        brake: args.brake,
        acceptRemoval: config.acceptRemoval,
        required: config.required === true,
      },
      { parent: this },
    );

    this.status = pulumi
      .all([imported, braked])
      .apply(([number, reasonOfBrake]) => statusOf(registration, number, reasonOfBrake));
    this.registerOutputs({ status: this.status });
  }
}
