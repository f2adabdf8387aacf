import * as pulumi from "@pulumi/pulumi";
import type { KubeconfigName } from "../kubernetes/kubeconfig.ts";

/** What a `ReaderToken` is made from. */
export interface ReaderTokenArgs {
  /** The cluster to ask. */
  kubeconfig: KubeconfigName;
  /** For whom it is: a peer's name, for messages. */
  peer: string;
  /** Namespace of the ServiceAccount. */
  namespace: pulumi.Input<string>;
  /** Its name. */
  serviceAccount: pulumi.Input<string>;
  /** Its uid: tokens of one that was deleted serve no more, so another one has others. */
  uid: pulumi.Input<string>;
  /** How long a token is to serve. */
  hours: number;
}

// Types in the method would be blanks in the text.
/* eslint-disable @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-member-access */
/** As it is kept in the stack's state: see `ImportedServices`. */
const provider = {
  configure() {
    const load = process.getBuiltinModule("module").createRequire(process.cwd() + "/");
    const handlers = "./providers/readerToken/handlers.ts";
    Object.setPrototypeOf(this, new Proxy({}, { get: (_, method) => load(handlers).provider[method] }));
  },
};
/* eslint-enable */

/**
 * A token by which a peer's istiod reads this cluster: bound to a ServiceAccount, with an end, and renewed by the first update after
 * half of its life. There is nothing to revoke: once the ServiceAccount is gone, API servers refuse its tokens.
 */
export class ReaderToken extends pulumi.dynamic.Resource {
  /** A secret. */
  declare readonly token: pulumi.Output<string>;
  /** When it was made, in UTC as `2026-11-21T10:28:15Z`. */
  declare readonly issued: pulumi.Output<string>;
  /** When it ends, by the API server's word. */
  declare readonly expires: pulumi.Output<string>;

  constructor(name: string, args: ReaderTokenArgs, opts?: pulumi.CustomResourceOptions) {
    const shim = provider as unknown as pulumi.dynamic.ResourceProvider;
    const props = { ...args, token: undefined, issued: undefined, expires: undefined };
    super(shim, name, props, { ...opts, additionalSecretOutputs: ["token"] }, undefined, "ReaderToken");
  }
}
