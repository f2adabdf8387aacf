import type * as pulumi from "@pulumi/pulumi";
import type { StackConfig } from "../federation/config.ts";
import type { ClusterDns } from "../federation/dns/clusterDns.ts";
import { CoreDnsStub } from "../providers/coreDnsStub.ts";

/**
 * Has the cluster's CoreDNS answer for global names, or for imported ones, where the config asks for it.
 * @param entries what the names lead to: they are there before the names are, and go after them.
 */
export function stubNames(
  name: string,
  { kubeconfig, dns }: Pick<StackConfig, "kubeconfig" | "dns">,
  { block }: Pick<ClusterDns, "block">,
  entries: readonly pulumi.Resource[],
  parent: pulumi.Resource,
): void {
  if (dns?.coreDns === undefined || block === undefined) return;
  const { namespace: where, configMap } = dns.coreDns;
  const stub = { kubeconfig, namespace: where, configMap, block };
  new CoreDnsStub(`${name}-coredns`, stub, { parent, dependsOn: [...entries] });
}
