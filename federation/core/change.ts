import { compare } from "./order.ts";

/** Names that a message lists before it counts the rest. */
const LISTED = 3;

/** Difference between two maps, by key; each list is sorted. */
export interface Change {
  added: string[];
  changed: string[];
  removed: string[];
}

/** Compares two maps: linear time, plus the sorting of the keys that differ. */
export function changeBetween(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): Change {
  const known = new Map(Object.entries(before));
  const wanted = new Map(Object.entries(after));
  const sorted = (hosts: Iterable<string>, differs: (host: string) => boolean): string[] =>
    [...hosts].filter(differs).sort(compare);
  return {
    added: sorted(wanted.keys(), (host) => !known.has(host)),
    changed: sorted(wanted.keys(), (host) => known.has(host) && known.get(host) !== wanted.get(host)),
    removed: sorted(known.keys(), (host) => !wanted.has(host)),
  };
}

/**
 * Formats a change of services: `adds 1 service (a), changes 2 (b, c), removes 10,000 (d, e, f and 9,997 more)`.
 * @returns "" when nothing changes.
 */
export function describeChange({ added, changed, removed }: Change): string {
  const parts = [
    ["adds", added],
    ["changes", changed],
    ["removes", removed],
  ] as const;
  return parts
    .filter(([, hosts]) => hosts.length > 0)
    .map(([verb, hosts], index) => {
      const noun = index > 0 ? "" : hosts.length === 1 ? " service" : " services";
      return `${verb} ${count(hosts.length)}${noun} (${firstNames(hosts)})`;
    })
    .join(", ");
}

/** Formats the first {@link LISTED} names and the number of the others: `d, e, f and 9,997 more`. */
export function firstNames(names: readonly string[]): string {
  const listed = names.slice(0, LISTED).join(", ");
  return names.length > LISTED ? `${listed} and ${count(names.length - LISTED)} more` : listed;
}

/** Formats a number: `10,000`. */
export function count(number: number): string {
  return number.toLocaleString("en-US");
}
