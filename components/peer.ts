import * as pulumi from "@pulumi/pulumi";
import type { StackConfig } from "../federation/config.ts";
import { formatGateway } from "../federation/address.ts";
import { formatImport } from "../federation/importLine.ts";
import type { PeerStatus, PeerView } from "../federation/peer.ts";
import { ImportedServices } from "../providers/importedServices.ts";

/** What a `Peer` is made from. */
export interface PeerArgs {
  /** The peer's name, from the stack's config. */
  peer: string;
  /** What was found of it. */
  view: PeerView;
  /** Namespaces whose workloads see its services; `*` for all. */
  exportTo: string[];
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
    const { view } = args;

    const imported = new ImportedServices(
      `${name}-imports`,
      {
        kubeconfig: args.kubeconfig,
        namespace: args.namespace,
        peer: args.peer,
        exportTo: args.exportTo,
        ...(view.state === "ready" ? readable(view) : { gateways: [], services: {}, pending: view.reason }),
      },
      { parent: this },
    );

    this.status = pulumi.output({
      state: view.state,
      reason: view.state === "ready" ? "" : view.reason,
      imported: imported.imported,
    });
    this.registerOutputs({ status: this.status });
  }
}

/** The imports as one short line per service, so that a preview lists which come, change and go. */
function readable(view: PeerView & { state: "ready" }): {
  gateways: string[];
  services: Record<string, string>;
} {
  const services = Object.entries(view.imports.services);
  return {
    gateways: view.imports.gateways.map(formatGateway),
    services: Object.fromEntries(services.map(([host, service]) => [host, formatImport(service)])),
  };
}
