import { compare, sortedUnique } from "../order.ts";

/**
 * The domain that all names of a template have in common: what follows its last placeholder, as far as that is whole labels; the
 * template itself where it has none.
 */
export function templateZone(template: string): string {
  const end = template.lastIndexOf("}");
  if (end < 0) return template;
  const rest = template.slice(end + 1);
  return rest.slice(rest.indexOf(".") + 1);
}

/** Names by the zone that answers for each. */
export interface Zone {
  name: string;
  /** Addresses by host, sorted. */
  addresses: Record<string, string>;
}

/**
 * Parts names by zone: the longest of the known domains that is, or holds, a name, else the name itself.
 * @param addresses by host.
 * @returns those zones in which there are names, sorted.
 */
export function zonesOf(addresses: Readonly<Record<string, string>>, domains: Iterable<string>): Zone[] {
  const known = new Set(domains);
  const zones = new Map<string, [host: string, address: string][]>();
  for (const [host, address] of Object.entries(addresses).sort(([one], [other]) => compare(one, other))) {
    const zone = zoneFor(host, known);
    const found = zones.get(zone);
    if (found === undefined) zones.set(zone, [[host, address]]);
    else found.push([host, address]);
  }
  return sortedUnique(zones.keys()).map((name) => ({
    name,
    addresses: Object.fromEntries(zones.get(name) ?? []),
  }));
}

function zoneFor(host: string, domains: ReadonlySet<string>): string {
  for (let zone = host; ; zone = zone.slice(zone.indexOf(".") + 1)) {
    if (domains.has(zone)) return zone;
    if (!zone.includes(".")) return host;
  }
}
