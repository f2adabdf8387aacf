import * as pulumi from "@pulumi/pulumi";
import type { Leftover } from "../federation/imports/leftovers.ts";
import type { KubeconfigName } from "../kubernetes/kubeconfig.ts";

/** What `Leftovers` is made from. */
export interface LeftoversArgs {
  /** The cluster to clear. */
  kubeconfig: KubeconfigName;
  /** Namespace of the ServiceEntries. */
  namespace: pulumi.Input<string>;
  /**
   * What was left behind there when the program started, by the peer's name: exactly these peers' entries are removed, so
   * that nothing goes which no preview shows. `{}` as a rule, and then there is nothing to do.
   */
  found: Record<string, Leftover>;
}

// Types in the method would be blanks in the text.
/* eslint-disable @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-member-access */
/** As it is kept in the stack's state: see `ImportedServices`. */
const provider = {
  configure() {
    const load = process.getBuiltinModule("module").createRequire(process.cwd() + "/");
    const handlers = "./providers/leftovers/handlers.ts";
    Object.setPrototypeOf(this, new Proxy({}, { get: (_, method) => load(handlers).provider[method] }));
  },
};
/* eslint-enable */

/**
 * Removes the entries that this program once wrote for peers that its stack neither names nor knows any more. It has nothing
 * of its own: taking it away leaves the cluster as it is.
 */
export class Leftovers extends pulumi.dynamic.Resource {
  constructor(name: string, args: LeftoversArgs, opts?: pulumi.CustomResourceOptions) {
    const shim = provider as unknown as pulumi.dynamic.ResourceProvider;
    super(shim, name, { ...args }, opts, undefined, "Leftovers");
  }
}
