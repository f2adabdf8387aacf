/** A place in a value made of maps and lists: what is there can be read and replaced. */
export interface Place {
  readonly holder: Record<string, unknown> | unknown[];
  readonly key: string | number;
}

/** Places looked at in one value: a mutated one may have very many. */
const PLACES_LIMIT = 2000;

/** The places in a value, level by level; the value itself is none. */
export function placesIn(root: unknown): Place[] {
  const places: Place[] = [];
  const pending: unknown[] = [root];
  for (let next = 0; next < pending.length && places.length < PLACES_LIMIT; next++) {
    const holder = pending[next];
    if (typeof holder !== "object" || holder === null) continue;
    const found = Array.isArray(holder)
      ? holder.slice(0, PLACES_LIMIT).map((_, key): Place => ({ holder: holder as unknown[], key }))
      : Object.keys(holder)
          .slice(0, PLACES_LIMIT)
          .map((key): Place => ({ holder: holder as Record<string, unknown>, key }));
    places.push(...found);
    pending.push(...found.map(read));
  }
  return places;
}

export function read({ holder, key }: Place): unknown {
  return Array.isArray(holder) ? holder[Number(key)] : holder[key];
}

/** Puts a value there, as an own field even if the key is `__proto__`. */
export function write({ holder, key }: Place, value: unknown): void {
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

export function remove({ holder, key }: Place): void {
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- the maps are data
  else delete holder[key];
}

/** Levels that {@link reordered} goes down: more than a contract has, fewer than a hostile one may have. */
const DEPTH = 8;

/** Returns the value with its maps and lists in another order. */
export function reordered(value: unknown, random: () => number, depth = DEPTH): unknown {
  if (typeof value !== "object" || value === null || depth === 0) return value;
  if (Array.isArray(value)) {
    // Thousands of zeros are the same in any order, and take long to shuffle.
    if (value[0] === 0) return value;
    return shuffle(value as unknown[], random).map((entry) => reordered(entry, random, depth - 1));
  }
  return Object.fromEntries(
    shuffle(Object.entries(value), random).map(([key, entry]) => [key, reordered(entry, random, depth - 1)]),
  );
}

/** Fisher and Yates' shuffle. */
function shuffle<T>(list: readonly T[], random: () => number): T[] {
  const shuffled = [...list];
  for (let last = shuffled.length - 1; last > 0; last--) {
    const chosen = Math.floor(random() * (last + 1));
    [shuffled[last], shuffled[chosen]] = [shuffled[chosen]!, shuffled[last]!];
  }
  return shuffled;
}
