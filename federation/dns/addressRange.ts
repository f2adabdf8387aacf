import ipaddr from "ipaddr.js";
import { CIDR } from "../address.ts";

/** From which imported services get addresses. */
export interface AddressRange {
  /** The first address, as a number of 32 bits. */
  readonly first: number;
  /** How many there are, the first and the last included: a power of two. */
  readonly size: number;
}

/** Of an IPv4 address. */
const BITS = 32;
const LONGEST_PREFIX = 24;
const SHORTEST_PREFIX = 8;

/**
 * Where istiod's controller takes addresses from, by default, for entries that have none. It looks at those that entries say, and moves what
 * it has given itself out of their way: from here, ours would change the addresses of other services.
 */
const ISTIO_RANGE = "240.240.0.0/16";

/** What means this machine, this link, many machines or none. */
const UNFIT = [
  "0.0.0.0/8",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "224.0.0.0/4",
  "255.255.255.255/32",
  ISTIO_RANGE,
];

/** Reads a range that {@link refuseRange} has nothing against. */
export function parseRange(cidr: string): AddressRange {
  const [address, prefix] = ipaddr.IPv4.parseCIDR(cidr);
  const size = 2 ** (BITS - prefix);
  const number = toNumber(address.toByteArray());
  return { first: number - (number % size), size };
}

/** Why services cannot have their addresses from a range; undefined when they can. */
export function refuseRange(cidr: string): string | undefined {
  if (!CIDR.test(cidr)) return CIDR.rule;
  if (!ipaddr.IPv4.isValidCIDR(cidr)) return "must be a range of IPv4 addresses";
  const prefix = Number(cidr.replace(/^.*\//, ""));
  if (prefix < SHORTEST_PREFIX || prefix > LONGEST_PREFIX)
    return `must have a prefix of ${SHORTEST_PREFIX} to ${LONGEST_PREFIX} bits`;
  const range = parseRange(cidr);
  const taken = UNFIT.find((other) => overlap(range, parseRange(other)));
  if (taken === undefined) return undefined;
  return taken === ISTIO_RANGE
    ? `shares addresses with ${taken}, from which istiod gives them to other services: these would get others in place of what is taken here`
    : `shares addresses with ${taken}, which are no service's`;
}

/** The address with this number in a range. */
export function addressAt({ first }: AddressRange, index: number): string {
  const number = first + index;
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}

/**
 * The number of an address in a range.
 * @returns undefined for what is no address of it.
 */
export function indexOf({ first, size }: AddressRange, address: string): number | undefined {
  if (!ipaddr.IPv4.isValidFourPartDecimal(address)) return undefined;
  const index = toNumber(ipaddr.IPv4.parse(address).toByteArray()) - first;
  return index >= 0 && index < size ? index : undefined;
}

function overlap(one: AddressRange, other: AddressRange): boolean {
  return one.first < other.first + other.size && other.first < one.first + one.size;
}

function toNumber(bytes: readonly number[]): number {
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}
