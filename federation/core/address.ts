import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import * as z from "zod";
import { HOST_NAME } from "./names.ts";
import { compare } from "./order.ts";
import { portNumber, text, type TextRule, pattern } from "./schema.ts";

/** Ranges of ipaddr.js that are ordinary unicast: a gateway may be in any of them. */
const ORDINARY_RANGES: ReadonlySet<string> = new Set([
  "unicast",
  "private",
  "uniqueLocal",
  "carrierGradeNat",
]);
/** Documentation networks (RFC 5737, 3849, 9637), which examples use: harmless, as nothing routes them. */
const DOCUMENTATION = ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20"];

/** Reserved ranges that networks use as private ones (Google's VPCs and GKE, for one): like 10.0.0.0/8, nothing else is there. */
const USED_AS_PRIVATE = ["198.18.0.0/15", "240.0.0.0/4"];

/** Addresses that istiod allots to hosts of ServiceEntries: a proxy takes them for a host of its own mesh. */
const VIRTUAL = ["240.240.0.0/16", "2001:2::/48"];

/**
 * Metadata services outside of the link-local ranges or inside of ranges that a stack may allow: whoever reaches one gets credentials of
 * the machine. AWS (EC2, ECS, EKS), Google, Azure, Alibaba, Oracle, Tencent, Scaleway, OpenStack.
 */
const METADATA_ADDRESSES: ReadonlySet<string> = new Set([
  "169.254.169.254",
  "169.254.170.2",
  "169.254.170.23",
  "169.254.0.23",
  "168.63.129.16",
  "100.100.100.200",
  "192.0.0.192",
  "fd00:ec2::254",
  "fd00:ec2::23",
  "fd20:ce::254",
  "fd00:42::42",
  "fe80::a9fe:a9fe",
]);

/** An IPv4 or IPv6 address without brackets, zone or prefix length. */
export const IP_ADDRESS: TextRule = {
  test: (value) => isIP(value) !== 0 && !value.includes("%"),
  rule: "must be an IPv4 or IPv6 address",
  remedy: "Write it without brackets, port, zone or prefix length",
};

/** An IP address or a DNS name, in the form that {@link canonicalAddress} gives. */
export const ADDRESS: TextRule = {
  test: (value) => IP_ADDRESS.test(value) || HOST_NAME.test(value),
  rule: "must be an IP address or a DNS name",
  remedy: "Write it without scheme, brackets or port",
};

/** An address range: an IP address and a prefix length. */
export const CIDR: TextRule = {
  test: (value) => ipaddr.isValidCIDR(value) && IP_ADDRESS.test(value.replace(/\/.*$/, "")),
  rule: "must be an address range in CIDR form",
  remedy: "Write it as <address>/<prefix length>, e.g. 127.0.0.0/8, or 10.1.2.3/32 for a single address",
};

/** Istio's locality of an endpoint. */
export const LOCALITY: TextRule = pattern(
  /^[A-Za-z0-9_.-]+(?:\/[A-Za-z0-9_.-]+){0,2}$/,
  250,
  "must be a locality: region, region/zone or region/zone/subzone",
  "Correct it, or remove it",
);

/**
 * Returns the canonical spelling of an address: IPv6 shortened, IPv4-mapped IPv6 as IPv4, DNS names in lower case without a final dot
 * (cloud load balancers have names in mixed case). Other text is returned unchanged.
 */
export function canonicalAddress(address: string): string {
  if (IP_ADDRESS.test(address)) return ipaddr.process(address).toString();
  // ASCII letters only: in Unicode the lower case of the Kelvin sign is `k`, so one name would become another.
  const name = address.replace(/[A-Z]/g, (letter) => letter.toLowerCase()).replace(/\.$/, "");
  return HOST_NAME.test(name) ? name : address;
}

const METADATA_RULE = "is the address of a cloud's metadata service, which gives credentials of this side";

/**
 * Explains why traffic must not be sent to an address that a peer publishes.
 * @param allowed CIDR ranges that the stack accepts nevertheless.
 * @returns completes "<the address> ..."; undefined for an address that is allowed.
 */
export function refuseAddress(address: string, allowed: readonly string[]): string | undefined {
  if (!IP_ADDRESS.test(address)) return refuseHostName(address);
  const ip = ipaddr.process(address);
  const isIn = (range: string): boolean => isWithin(ip, range);
  if (METADATA_ADDRESSES.has(ip.toString()))
    // A range that holds it by chance does not allow it.
    return allowed.some((range) => isSingle(range) && isIn(range)) ? undefined : METADATA_RULE;
  if (allowed.some(isIn)) return undefined;
  if (VIRTUAL.some(isIn))
    return "is no address to send traffic to (Istio gives it to hosts of ServiceEntries)";
  if (isCompatibleIPv4(ip)) return "is no address to send traffic to (an IPv4 address in IPv6)";
  const range = ip.range();
  // Broadcast is a range of its own.
  const isUsed = range === "reserved" && [...DOCUMENTATION, ...USED_AS_PRIVATE].some(isIn);
  if (ORDINARY_RANGES.has(range) || isUsed) return undefined;
  return `is no address to send traffic to (${range})`;
}

/** Names of clouds' metadata services, from which every machine gets its credentials. */
const METADATA =
  /^(?:(?:metadata|instance-data)(?:\.[^.]+)*\.internal|metadata\.goog|metadata\.tencentyun\.com)$/;

/**
 * Explains why a host name must not be taken from a peer: with Kubernetes' search list it resolves to this machine or to a local Service.
 * @returns completes "<the name> ..."; undefined for a name that is allowed.
 */
export function refuseHostName(name: string): string | undefined {
  if (!name.includes(".")) return "is a name without a domain, which resolves to something of this side";
  if (/(?:^|\.)(?:localhost|localdomain|svc)$/.test(name)) return "is a name of this side, not of a peer";
  if (METADATA.test(name))
    return "is a name of a cloud's metadata service, which gives credentials of this side";
  return undefined;
}

/** Whether an address is `::a.b.c.d` (RFC 4291, 2.5.5.1, deprecated), which some network stacks treat as IPv4. */
function isCompatibleIPv4(ip: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return ip.kind() === "ipv6" && isWithin(ip, "::/96");
}

/** Whether a range holds one address. */
function isSingle(range: string): boolean {
  const [network, bits] = ipaddr.parseCIDR(range);
  return bits === (network.kind() === "ipv4" ? 32 : 128);
}

function isWithin(ip: ipaddr.IPv4 | ipaddr.IPv6, range: string): boolean {
  const [network, bits] = ipaddr.parseCIDR(range);
  return ip.kind() === network.kind() && ip.match(network, bits);
}

/** Schema of {@link GatewayAddress}; makes the address canonical. */
export const gatewayAddress = z.object({
  /** IPv4, IPv6 (without brackets) or DNS name. */
  address: z.string().overwrite(canonicalAddress).pipe(text(ADDRESS)),
  /** 15443 by Istio's convention. */
  port: portNumber,
  /** `region[/zone[/subzone]]`. */
  locality: text(LOCALITY).exactOptional(),
});

/** Address at which peers reach an east-west gateway. */
export type GatewayAddress = z.output<typeof gatewayAddress>;

/** Compares gateways by address, then port, then locality. */
export function compareGateways(one: GatewayAddress, other: GatewayAddress): number {
  return (
    compare(one.address, other.address) ||
    one.port - other.port ||
    compare(one.locality ?? "", other.locality ?? "")
  );
}

/** Formats a gateway as `address:port`, IPv6 in brackets, with a locality as `address:port in region/zone`. */
export function formatGateway({ address, port, locality }: GatewayAddress): string {
  const host = address.includes(":") ? `[${address}]` : address;
  return `${host}:${port}${locality === undefined ? "" : ` in ${locality}`}`;
}
