import { count } from "../change.ts";
import { domainsAround } from "../hostname.ts";
import { serverKeys, zoneOf } from "./key.ts";
import { parseCorefile } from "./parse.ts";

/** ConfigMap of NodeLocal DNSCache, a CoreDNS on each node that Pods ask first, by the manifest of Kubernetes. */
export const NODE_LOCAL = "node-local-dns";

/**
 * Says that NodeLocal DNSCache keeps questions from CoreDNS: what is not the cluster's own it asks of the node's resolvers.
 * @param corefile of it.
 * @param zones for which CoreDNS answers by our blocks.
 * @returns a warning, to follow the Corefile's name, where some of them have no block there.
 */
export function nodeLocalWarnings(corefile: string, zones: readonly string[]): string[] {
  const known = (parseCorefile(corefile)?.blocks ?? []).flatMap(serverKeys).map(zoneOf);
  const held = new Set(known.filter((zone) => zone !== ""));
  const [first, ...more] = zones.filter((zone) => !domainsAround(zone).some((each) => held.has(each)));
  if (first === undefined) return [];
  const named = more.length === 0 ? `'${first}'` : `'${first}' and ${count(more.length)} more`;
  return [
    `has no server block for ${named}: Pods that ask NodeLocal DNSCache do not find peers' names there. ` +
      "Write one beside that for 'in-addr.arpa', and like it (docs/imports.md shows it)",
  ];
}
