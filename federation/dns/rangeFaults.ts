import { isIPv6 } from "node:net";
import type { Fault } from "../fault.ts";
import { indexOf, parseRange } from "./addressRange.ts";

/** What of the network around is known to this run. */
export interface KnownAddresses {
  /** Of the API server's own Service, which every cluster has; none where it could not be read. */
  clusterIPs: readonly string[];
  /** Of gateways: each with whose it is. */
  gateways: readonly { address: string; whose: string }[];
}

/** What speaks against giving imported services addresses of a range, in this cluster. */
export function judgeRange(value: string, { clusterIPs, gateways }: KnownAddresses): Fault[] {
  const path = "dns.addresses";
  if (clusterIPs.length > 0 && clusterIPs.every((address) => isIPv6(address))) {
    const rule =
      "would be all that sidecars know of imported services, as istiod allots none beside it, and the Services of this cluster have IPv6 addresses only: " +
      "no client could call them";
    return [{ path, value, rule, remedy: "Leave dns out, and let the clients' sidecars answer DNS" }];
  }
  const range = parseRange(value);
  const taken = [
    ...clusterIPs.map((address) => ({ address, whose: "the API server's Service" })),
    ...gateways,
  ].find(({ address }) => indexOf(range, address) !== undefined);
  if (taken === undefined) return [];
  const rule = `holds ${taken.address}, the address of ${taken.whose}`;
  const remedy =
    "Choose a range that is none of this cluster's Services and Pods, and of nothing that they call";
  return [{ path, value, rule, remedy }];
}
