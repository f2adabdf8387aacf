import * as pulumi from "@pulumi/pulumi";
import type { GatewayAddress } from "../federation/core/address.ts";
import type { KubeconfigName } from "../kubernetes/kubeconfig.ts";

/** What `GatewayAddresses` is made from. */
export interface GatewayAddressesArgs {
  /** The cluster to ask. */
  kubeconfig: KubeconfigName;
  /** Namespace of the gateway's Service. */
  namespace: pulumi.Input<string>;
  /** Name of the gateway's Service. */
  service: string;
  /** Its type: another one has other addresses. */
  type: "LoadBalancer" | "NodePort" | "ClusterIP";
  /** Port of the Service that peers call, e.g. 15443. */
  port: number;
  /** How long `pulumi up` waits for a first address, in seconds. */
  timeoutSeconds: number;
  /**
   * Addresses seen when the program started, so that a preview shows an update when they are others than those in the
   * state. Left out when the cluster could not be read: the state then stands.
   */
  observed?: GatewayAddress[];
}

// Types in the method would be blanks in the text.
/* eslint-disable @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-member-access */
/** As it is kept in the stack's state: see `ImportedServices`. */
const provider = {
  configure() {
    const load = process.getBuiltinModule("module").createRequire(process.cwd() + "/");
    const handlers = "./providers/gatewayAddresses/handlers.ts";
    Object.setPrototypeOf(this, new Proxy({}, { get: (_, method) => load(handlers).provider[method] }));
  },
};
/* eslint-enable */

/**
 * Where the gateway's Service is reached from outside: its load balancer's addresses, or the nodes' when it has the type
 * NodePort. None within the time allowed is a warning and an empty list: the cluster's peers then wait.
 */
export class GatewayAddresses extends pulumi.dynamic.Resource {
  /** Sorted; empty while there is none. */
  declare readonly addresses: pulumi.Output<GatewayAddress[]>;

  constructor(name: string, args: GatewayAddressesArgs, opts?: pulumi.CustomResourceOptions) {
    const shim = provider as unknown as pulumi.dynamic.ResourceProvider;
    super(shim, name, { ...args, addresses: undefined }, opts, undefined, "GatewayAddresses");
  }
}
