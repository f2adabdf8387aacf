import type * as pulumi from "@pulumi/pulumi";
import type { StackConfig } from "../federation/config/stackConfig.ts";
import { CoreDnsBlock } from "../providers/coreDnsBlock.ts";

/**
 * Declares the server block for global names in the cluster's Corefile, where the config asks for it.
 * @param entries resources behind the names: made before the block, removed after it.
 */
export function stubNames(
  name: string,
  { kubeconfig, dns }: Pick<StackConfig, "kubeconfig" | "dns">,
  block: string | undefined,
  entries: readonly pulumi.Resource[],
  parent: pulumi.Resource,
): void {
  if (dns?.coreDns === undefined || block === undefined) return;
  const { namespace: where, configMap } = dns.coreDns;
  const stub = { kubeconfig, namespace: where, configMap, block };
  new CoreDnsBlock(`${name}-coredns`, stub, { parent, dependsOn: [...entries] });
}
