/** Compares texts by UTF-16 code units, which no locale changes. */
export function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Compares entries of a map by their keys. */
export function compareKeys([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return compare(one, other);
}

/** Identity of a Kubernetes object of a known kind. */
interface ObjectName {
  namespace: string;
  name: string;
}

/** Compares objects by namespace, then by name. */
export function compareNames(one: ObjectName, other: ObjectName): number {
  return compare(one.namespace, other.namespace) || compare(one.name, other.name);
}

/** Returns the numbers sorted, without duplicates. */
export function sortedNumbers(numbers: Iterable<number>): number[] {
  return [...new Set(numbers)].sort((one, other) => one - other);
}

/** Returns the texts sorted, without duplicates. */
export function sortedUnique(texts: Iterable<string>): string[] {
  return [...new Set(texts)].sort(compare);
}

/** Builds a map whose keys are sorted. */
export function sortedRecord<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  return Object.fromEntries([...entries].sort(compareKeys));
}

/** Maps the values of a map; entries without a result are left out, keys are sorted. */
export function mapRecord<T, U>(
  map: Readonly<Record<string, T>>,
  change: (value: T, key: string) => U | undefined,
): Record<string, U> {
  const changed = Object.entries(map).map(([key, value]) => [key, change(value, key)] as const);
  return sortedRecord(changed.filter((entry): entry is [string, U] => entry[1] !== undefined));
}

/** Fields that may be undefined become optional. */
type Defined<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & { [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined> };

/** Copies fields without those that are undefined, which objects of the cluster and published data must not have. */
export function withoutUndefined<T extends object>(fields: T): Defined<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Defined<T>;
}

/** Appends a value to the list at a key. */
export function append<K, T>(lists: Map<K, T[]>, key: K, value: T): void {
  const known = lists.get(key);
  if (known === undefined) lists.set(key, [value]);
  else known.push(value);
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
