import { createHash } from "node:crypto";
import { compare } from "../order.ts";
import { type AddressRange, addressAt, indexOf } from "./addressRange.ts";

/** How much of a range may be taken, so that the next free address is near. */
const FILL = 3 / 4;

/** How many hosts a range has room for: the first and the last address of it are nobody's. */
export function roomIn({ size }: AddressRange): number {
  return Math.floor(size * FILL);
}

/**
 * Gives each host an address of its own. Nobody's changes because others come or go: a host keeps what it had. A new one gets the address
 * at which the hash of its name lands, or the next that is free, so that one who left is not followed at once by another.
 * @param hosts at most as many as {@link roomIn} says, in any order.
 * @param last what each had before, by host; of two with one address, the first by name keeps it.
 * @param held addresses that others keep, of the range or not.
 * @returns by host, in order: those of `hosts` alone.
 * @throws RangeError when the hosts are too many.
 */
export function allotAddresses(
  hosts: Iterable<string>,
  range: AddressRange,
  last: Readonly<Record<string, string>> = {},
  held: Iterable<string> = [],
): Record<string, string> {
  const sorted = [...new Set(hosts)].sort(compare);
  const wanted = new Set(sorted);
  const taken = new Set<number>([0, range.size - 1]);
  for (const address of held) taken.add(indexOf(range, address) ?? 0);
  const kept = new Map<string, number>();
  for (const [host, address] of Object.entries(last).sort(([one], [other]) => compare(one, other))) {
    const index = wanted.has(host) ? indexOf(range, address) : undefined;
    if (index === undefined || taken.has(index)) continue;
    taken.add(index);
    kept.set(host, index);
  }
  if (wanted.size > roomIn(range)) throw new RangeError(`${wanted.size} hosts are too many`);
  return Object.fromEntries(
    sorted.map((host) => {
      const index = kept.get(host) ?? freeIndex(host, range, taken);
      taken.add(index);
      return [host, addressAt(range, index)];
    }),
  );
}

function freeIndex(host: string, { size }: AddressRange, taken: ReadonlySet<number>): number {
  let index = createHash("sha256").update(host).digest().readUInt32BE() % size;
  while (taken.has(index)) index = (index + 1) % size;
  return index;
}
