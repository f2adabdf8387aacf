import * as pulumi from "@pulumi/pulumi";
import type { KubeconfigName } from "../kubernetes/kubeconfig.ts";

/** What `CoreDnsStub` is made from. */
export interface CoreDnsStubArgs {
  /** The cluster to write to. */
  kubeconfig: KubeconfigName;
  /** Namespace of CoreDNS' ConfigMap. Another one moves the block. */
  namespace: string;
  /** Name of CoreDNS' ConfigMap. Another one moves the block. */
  configMap: string;
  /** What is to be in its Corefile, server blocks in our markers: a preview shows it. */
  block: string;
}

// Types in the method would be blanks in the text.
/* eslint-disable @typescript-eslint/no-unsafe-return, @typescript-eslint/no-unsafe-member-access */
/** As it is kept in the stack's state: see `ImportedServices`. */
const provider = {
  configure() {
    const load = process.getBuiltinModule("module").createRequire(process.cwd() + "/");
    const handlers = "./providers/coreDnsStub/handlers.ts";
    Object.setPrototypeOf(this, new Proxy({}, { get: (_, method) => load(handlers).provider[method] }));
  },
};
/* eslint-enable */

/** A server block of ours in the Corefile of the cluster's CoreDNS, whose ConfigMap is somebody else's: the rest of it is never touched. */
export class CoreDnsStub extends pulumi.dynamic.Resource {
  constructor(name: string, args: CoreDnsStubArgs, opts?: pulumi.CustomResourceOptions) {
    const shim = provider as unknown as pulumi.dynamic.ResourceProvider;
    super(shim, name, { ...args }, opts, undefined, "CoreDnsStub");
  }
}
