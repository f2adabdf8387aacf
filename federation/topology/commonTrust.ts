import { compare, sortedUnique } from "../order.ts";

/** Of whom the notes are: this stack's own cluster. */
const SELF = "this cluster";

/**
 * Says what differs where clusters have one trust domain, be they us and a peer or two peers: a trust anchor, and what a shared root signs,
 * is constrained to a trust domain, and there tells nobody apart.
 * @param trustDomains by the cluster's name.
 * @param own this cluster's; left out by whoever is none, the stack of a root.
 * @returns a sentence for each trust domain of several clusters, in order.
 */
export function noteCommonTrust(trustDomains: Readonly<Record<string, string>>, own?: string): string[] {
  const clusters = Object.entries(trustDomains).sort(([one], [other]) => compare(one, other));
  return sortedUnique([...Object.values(trustDomains), ...(own === undefined ? [] : [own])]).flatMap(
    (domain) => {
      const equals = clusters.flatMap(([name, trustDomain]) => (trustDomain === domain ? [name] : []));
      const all = domain === own ? [SELF, ...equals] : equals;
      if (all.length < 2) return [];
      return [
        `trust domain ${domain} is that of ${all.join(", ")}: each of these clusters' certificate authorities can speak for ` +
          "every identity of it, and no trust anchor can constrain equals (docs/topologies.md)",
      ];
    },
  );
}
