import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import * as z from "zod";
import { HOST_NAME } from "./names.ts";
import { compare } from "./order.ts";
import { portNumber, text, type TextRule, pattern } from "./schema.ts";

/** Where an east-west gateway is reached. */
export interface GatewayAddress {
  /** IPv4, IPv6 (without brackets) or DNS name. */
  address: string;
  /** 1 to 65535; 15443 by Istio's convention. */
  port: number;
  /** `region[/zone[/subzone]]`. */
  locality?: string;
}

/** Ranges of ipaddr.js that are ordinary unicast; a gateway there is taken without further ado. */
const ORDINARY_RANGES: ReadonlySet<string> = new Set([
  "unicast",
  "private",
  "uniqueLocal",
  "carrierGradeNat",
]);
/** Documentation networks (RFC 5737, RFC 3849): not routed, so harmless, and what examples are written with. */
const DOCUMENTATION = ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"];

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
  "Correct it, or leave it out",
);

/**
 * One spelling per address: IPv6 shortened, IPv4-mapped IPv6 as IPv4, DNS names in lower case without a final dot (cloud
 * load balancers have names in mixed case). What is neither comes back as it is.
 */
export function canonicalAddress(address: string): string {
  if (IP_ADDRESS.test(address)) return ipaddr.process(address).toString();
  // Letters of ASCII only: in Unicode's lower case the Kelvin sign is a `k`, and one name would become another.
  const name = address.replace(/[A-Z]/g, (letter) => letter.toLowerCase()).replace(/\.$/, "");
  return HOST_NAME.test(name) ? name : address;
}

/**
 * Why traffic must not be sent to this address on a peer's word alone; `undefined` when it may.
 * @param allowed CIDR ranges which the stack accepts nevertheless.
 */
export function refuseAddress(address: string, allowed: readonly string[]): string | undefined {
  if (!IP_ADDRESS.test(address)) return refuseHostName(address);
  const ip = ipaddr.process(address);
  if (ORDINARY_RANGES.has(ip.range()) && !isCompatibleIPv4(ip)) return undefined;
  if ([...DOCUMENTATION, ...allowed].some((range) => isWithin(ip, range))) return undefined;
  return `is no address to send traffic to (${isCompatibleIPv4(ip) ? "an IPv4 address in IPv6" : ip.range()})`;
}

/** Names that clouds' resolvers have for the address that every machine gets its credentials from. */
const METADATA = /^(?:metadata|instance-data)(?:\.[^.]+)*\.internal$/;

/** Names that mean this machine or this cluster's services, to a resolver with Kubernetes' search list. */
export function refuseHostName(name: string): string | undefined {
  if (!name.includes(".")) return "is a name without a domain, which resolves to something of this side";
  if (/(?:^|\.)(?:localhost|localdomain|svc)$/.test(name)) return "is a name of this side, not of a peer";
  if (METADATA.test(name))
    return "is a name of a cloud's metadata service, which gives credentials of this side";
  return undefined;
}

/** `::a.b.c.d` (RFC 4291, 2.5.5.1, deprecated), which some stacks still treat as that IPv4 address. */
function isCompatibleIPv4(ip: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return ip.kind() === "ipv6" && isWithin(ip, "::/96");
}

function isWithin(ip: ipaddr.IPv4 | ipaddr.IPv6, range: string): boolean {
  const [network, bits] = ipaddr.parseCIDR(range);
  return ip.kind() === network.kind() && ip.match(network, bits);
}

/** Where a gateway is reached; the address comes out in its canonical spelling. */
export const gatewayAddress = z.object({
  address: z.string().overwrite(canonicalAddress).pipe(text(ADDRESS)),
  port: portNumber,
  locality: text(LOCALITY).exactOptional(),
});

/** Compares gateways by address, then port, then locality. */
export function compareGateways(one: GatewayAddress, other: GatewayAddress): number {
  return (
    compare(one.address, other.address) ||
    one.port - other.port ||
    compare(one.locality ?? "", other.locality ?? "")
  );
}

/** Formats a gateway for display: `address:port`, IPv6 in brackets, a locality after it as ` in region/zone`. */
export function formatGateway({ address, port, locality }: GatewayAddress): string {
  const host = address.includes(":") ? `[${address}]` : address;
  return `${host}:${port}${locality === undefined ? "" : ` in ${locality}`}`;
}
