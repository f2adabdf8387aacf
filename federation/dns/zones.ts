import { domainsAround } from "../hostname.ts";
import { compare, sortedUnique } from "../order.ts";

/** Names by the zone that answers for each. */
export interface Zone {
  name: string;
  /** Addresses by host, sorted. */
  addresses: Record<string, string>;
}

/**
 * Parts names by zone: the longest of the known domains that is, or holds, a name, else the name itself, so that no more is taken from
 * where it was answered than that name.
 * @param addresses by host.
 * @returns those zones in which there are names, sorted.
 */
export function zonesOf(addresses: Readonly<Record<string, string>>, domains: Iterable<string>): Zone[] {
  const known = new Set(domains);
  const zones = new Map<string, [host: string, address: string][]>();
  for (const [host, address] of Object.entries(addresses).sort(([one], [other]) => compare(one, other))) {
    const zone = domainsAround(host).find((domain) => known.has(domain)) ?? host;
    const found = zones.get(zone);
    if (found === undefined) zones.set(zone, [[host, address]]);
    else found.push([host, address]);
  }
  return sortedUnique(zones.keys()).map((name) => ({
    name,
    addresses: Object.fromEntries(zones.get(name) ?? []),
  }));
}
