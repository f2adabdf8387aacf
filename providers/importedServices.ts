import * as pulumi from "@pulumi/pulumi";
import type { Brake } from "../federation/config/peers.ts";
import type { KubeconfigName } from "../kubernetes/kubeconfig.ts";
import { lazyProvider } from "./lazyProvider.ts";

/** What `ImportedServices` is made from. */
export interface ImportedServicesArgs {
  /** The cluster to write to. */
  kubeconfig: KubeconfigName;
  /** Namespace of the ServiceEntries. Another one replaces them. */
  namespace: pulumi.Input<string>;
  /** The peer's name; its entries are found by it. Another one replaces them. */
  peer: string;
  /** Namespaces whose workloads see the services; `*` for all. */
  exportTo: string[];
  /** The peer's gateways, each as `formatGateway` writes it. */
  gateways: string[];
  /** Gateways of other peers, by peer, for services that these serve too. */
  otherGateways?: Record<string, string[]>;
  /** The other peers, whose entries under names declared here are taken over: no two may declare one name. @default none */
  siblings?: string[];
  /** Names that are declared for others, and that this peer may have had: it leaves them to those. @default none */
  elsewhere?: string[];
  /** By host name, each as `formatImport` writes it: one line of a preview's diff per service. */
  services: Record<string, string>;
  /** Why the peer's contract is not there. Given, the services known from before stay, and the gateways unless some are given. */
  pending?: string;
  /** How many services may go at once; a preview fails in which more would. @default 20, and half of them */
  brake?: Brake;
  /** Lets the one removal pass for which the brake gave this token. */
  acceptRemoval?: string;
}

const lazy = lazyProvider("./providers/importedServices/handlers.ts");

/** The services of one peer that can be called from here: one ServiceEntry each, written by server-side apply. */
export class ImportedServices extends pulumi.dynamic.Resource {
  /** How many services are registered. */
  declare readonly imported: pulumi.Output<number>;

  constructor(name: string, args: ImportedServicesArgs, opts?: pulumi.CustomResourceOptions) {
    super(lazy, name, { ...args, imported: undefined }, opts, undefined, "ImportedServices");
  }
}
