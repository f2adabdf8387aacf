import { compare } from "./order.ts";

/** Names told before the rest is only counted. */
const TOLD = 3;

/** What is different between two maps, by key; each list sorted. */
export interface Change {
  added: string[];
  changed: string[];
  removed: string[];
}

/** Compares two maps in linear time, but for the order of what differs. */
export function changeBetween(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): Change {
  const known = new Map(Object.entries(before));
  const wanted = new Map(Object.entries(after));
  const of = (hosts: Iterable<string>, isMeant: (host: string) => boolean): string[] =>
    [...hosts].filter(isMeant).sort(compare);
  return {
    added: of(wanted.keys(), (host) => !known.has(host)),
    changed: of(wanted.keys(), (host) => known.has(host) && known.get(host) !== wanted.get(host)),
    removed: of(known.keys(), (host) => !wanted.has(host)),
  };
}

/**
 * A change of services in words: `adds 1 service (a), changes 2 (b, c), removes 10,000 (d, e, f and 9,997 more)`.
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

/** The first few names, and how many more there are. */
export function firstNames(names: readonly string[]): string {
  const told = names.slice(0, TOLD).join(", ");
  return names.length > TOLD ? `${told} and ${count(names.length - TOLD)} more` : told;
}

/** A number as people read it: `10,000`. */
export function count(number: number): string {
  return number.toLocaleString("en-US");
}
