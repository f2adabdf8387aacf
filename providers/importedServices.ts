import * as pulumi from "@pulumi/pulumi";
import type { GatewayAddress } from "../federation/core/address.ts";
import type { Brake } from "../federation/config/peers.ts";
import { type Import, importToJson } from "../federation/imports/import.ts";
import type { KubeconfigName } from "../kubernetes/kubeconfig.ts";
import { lazyProvider } from "./lazyProvider.ts";

/** Arguments of `ImportedServices`. */
export interface ImportedServicesArgs {
  /** The cluster to write to. */
  kubeconfig: KubeconfigName;
  /** Namespace of the ServiceEntries. Another one replaces the resource. */
  namespace: pulumi.Input<string>;
  /** The peer's name, by which its objects are found. Another one replaces the resource. */
  peer: string;
  /** Namespaces whose workloads see the services; `*` for all. */
  exportTo: string[];
  gateways: GatewayAddress[];
  /** Gateways of other peers that serve hosts of this one too, by peer. */
  otherGateways: Record<string, GatewayAddress[]>;
  /** The other peers, whose entries under hosts declared here are taken over: no two may declare one host. */
  siblings: string[];
  /** `hostDigests` of hosts that peers declare: those that this one declared before, and does no more, are left to the others. */
  movable: string;
  /** By host. */
  services: Readonly<Record<string, Import>>;
  /** Why the peer's contract is not there: the last services then stay, and the last gateways unless some are given. */
  pending: string | undefined;
  /** How many services may be removed at once; a preview fails in which more would. */
  brake: Brake;
  /** Token of the one removal that passes the brake. */
  acceptRemoval: string | undefined;
}

const lazy = lazyProvider("./providers/importedServices/handlers.ts");

/** The services of one peer that can be called from here: one ServiceEntry each, written by server-side apply. */
export class ImportedServices extends pulumi.dynamic.Resource {
  /** How many services are registered. */
  declare readonly imported: pulumi.Output<number>;

  constructor(name: string, args: ImportedServicesArgs, opts?: pulumi.CustomResourceOptions) {
    const services = Object.entries(args.services).map(([host, each]) => [host, importToJson(each)] as const);
    const inputs = { ...args, services: Object.fromEntries(services), imported: undefined };
    super(lazy, name, inputs, opts, undefined, "ImportedServices");
  }
}
