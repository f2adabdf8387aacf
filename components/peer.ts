import * as pulumi from "@pulumi/pulumi";
import type { Brake, PeerConfig } from "../federation/config/peers.ts";
import type { StackConfig } from "../federation/config/stackConfig.ts";
import { formatGateway } from "../federation/core/address.ts";
import { formatImport } from "../federation/imports/importedService.ts";
import type { PeerView, PeerStatus } from "../federation/imports/registration.ts";
import type { Elsewhere } from "../federation/imports/sharedHosts.ts";
import { ImportedServices, type ImportedServicesArgs } from "../providers/importedServices.ts";

/** What a `Peer` is made from. */
export interface PeerArgs {
  /** The peer's name, from the stack's config. */
  peer: string;
  /** What was found of it. */
  view: PeerView;
  /** What is to be known of the others. */
  elsewhere: Elsewhere;
  /** What the stack's config says of it. */
  config: PeerConfig;
  /** How many of its services may go at once. */
  brake: Brake;
  /** Name of the namespace that its ServiceEntries go to. */
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
    const { view, config } = args;

    const imported = new ImportedServices(
      `${name}-imports`,
      {
        kubeconfig: args.kubeconfig,
        namespace: args.namespace,
        peer: args.peer,
        exportTo: config.exportTo ?? ["*"],
        ...readable(view),
        ...apart(args.elsewhere),
        brake: args.brake,
        ...(config.acceptRemoval === undefined ? {} : { acceptRemoval: config.acceptRemoval }),
      },
      { parent: this },
    );

    this.status = pulumi.output({
      state: view.state,
      reason: view.state === "ready" ? "" : view.reason,
      since: view.state === "ready" ? "" : view.since,
      imported: imported.imported,
    });
    this.registerOutputs({ status: this.status });
  }
}

/** The imports as one short line per service, so that a preview lists which come, change and go. */
function readable(view: PeerView): Pick<ImportedServicesArgs, "gateways" | "services" | "pending"> {
  if (view.state === "pending") {
    return { gateways: view.gateways.map(formatGateway), services: {}, pending: view.reason };
  }
  const services = Object.entries(view.imports.services);
  return {
    gateways: view.imports.gateways.map(formatGateway),
    services: Object.fromEntries(services.map(([host, service]) => [host, formatImport(service)])),
  };
}

/** Nothing is said where there is nothing to say: a peer's inputs are then what they were without others. */
function apart({
  otherGateways,
  siblings,
  names,
}: Elsewhere): Pick<ImportedServicesArgs, "otherGateways" | "siblings" | "elsewhere"> {
  return {
    ...(otherGateways === undefined
      ? {}
      : {
          otherGateways: Object.fromEntries(
            Object.entries(otherGateways).map(([peer, gateways]) => [peer, gateways.map(formatGateway)]),
          ),
        }),
    ...(siblings.length === 0 ? {} : { siblings }),
    ...(names.length === 0 ? {} : { elsewhere: names }),
  };
}
