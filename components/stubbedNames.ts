import type * as pulumi from "@pulumi/pulumi";
import type { StackConfig } from "../federation/config.ts";
import { renderStub } from "../federation/corefile/stub.ts";
import { CoreDnsStub } from "../providers/coreDnsStub.ts";

/**
 * Has the cluster's CoreDNS answer for global names, or for imported ones, where the config asks for it.
 * @param importsBlock what is to be in the Corefile for the latter; undefined where there are none.
 */
export function stubNames(
  name: string,
  { kubeconfig, dns }: StackConfig,
  importsBlock: string | undefined,
  parent: pulumi.Resource,
): void {
  if (dns?.coreDns === undefined) return;
  const { namespace: where, configMap, address, port } = dns.coreDns;
  const block = address === undefined ? importsBlock : renderStub(address, port);
  if (block === undefined) return;
  new CoreDnsStub(`${name}-coredns`, { kubeconfig, namespace: where, configMap, block }, { parent });
}
