type Selector = Readonly<Record<string, string>>;

interface Selecting {
  selector: Selector;
}

/** Services whose selectors have the same keys, and what there is of those that have the same values of some of these. */
interface Group<T, Sum> {
  keys: string[];
  members: readonly T[];
  byValues: Map<string, ReadonlyMap<string, Sum>>;
}

/**
 * Finds, among the Services of one namespace, those of which some workload may be another Service's too (see `mayShare`), without looking at
 * each: of all whose selectors have the same keys, those with the same values of the common keys.
 * @param sum made once of all that go together, so that asking for each of ten thousand does not go through ten thousand.
 * @returns sums that together are of all that share, and of no others; none for a Service without a selector.
 */
export function sharingIndex<T extends Selecting, Sum>(
  services: readonly T[],
  sum: (members: readonly T[]) => Sum,
): (service: Selecting) => Sum[] {
  const byKeys = Map.groupBy(services, ({ selector }) => JSON.stringify(Object.keys(selector).sort()));
  const groups = [...byKeys.values()].flatMap((members): Group<T, Sum>[] => {
    const keys = Object.keys(members[0]?.selector ?? {}).sort();
    return keys.length === 0 ? [] : [{ keys, members, byValues: new Map() }];
  });
  return ({ selector }) => {
    if (Object.keys(selector).length === 0) return [];
    return groups.flatMap(({ keys, members, byValues }) => {
      const common = keys.filter((key) => Object.hasOwn(selector, key));
      const name = JSON.stringify(common);
      const index = byValues.get(name) ?? indexBy(members, common, sum);
      byValues.set(name, index);
      return index.get(valuesOf(selector, common)) ?? [];
    });
  };
}

function indexBy<T extends Selecting, Sum>(
  members: readonly T[],
  keys: readonly string[],
  sum: (members: readonly T[]) => Sum,
): ReadonlyMap<string, Sum> {
  const together = Map.groupBy(members, ({ selector }) => valuesOf(selector, keys));
  return new Map([...together].map(([values, some]) => [values, sum(some)]));
}

function valuesOf(selector: Selector, keys: readonly string[]): string {
  return JSON.stringify(keys.map((key) => selector[key]));
}
