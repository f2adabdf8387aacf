/** Compares by UTF-16 code units: the same everywhere, unlike a locale's order. */
export function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** The texts in order, each once. */
export function sortedUnique(texts: Iterable<string>): string[] {
  return [...new Set(texts)].sort(compare);
}

/** A map with its keys in order. */
export function sortedRecord<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  return Object.fromEntries([...entries].sort(([one], [other]) => compare(one, other)));
}

/** A map's own value; undefined for names that every object has, such as `constructor`, which is a fine name for a peer. */
export function ownValue<T>(map: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}
