/** Compares texts by UTF-16 code units, which no locale changes. */
export function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Returns the texts sorted, without duplicates. */
export function sortedUnique(texts: Iterable<string>): string[] {
  return [...new Set(texts)].sort(compare);
}

/** Builds a map whose keys are sorted. */
export function sortedRecord<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  return Object.fromEntries([...entries].sort(([one], [other]) => compare(one, other)));
}

/** Returns a map's own value; undefined for inherited names such as `constructor`, a valid name of a peer. */
export function ownValue<T>(map: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

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
