import ipaddr from "ipaddr.js";
import type { HelmValues } from "./decision.ts";
import { valueAt } from "../core/schema.ts";

/** Range from which istiod gives hosts of ServiceEntries their addresses. */
const ALLOCATED = "240.240.0.0/16";

/** Whether sidecars capture calls of addresses that istiod gives imported hosts, by `includeIPRanges`. */
export function capturesAllocated(value: unknown, values: HelmValues): boolean {
  const allocated = allocatedRange(values);
  return (
    typeof value === "string" &&
    listed(value).some((range) => range === "*" || (ipaddr.isValidCIDR(range) && contains(range, allocated)))
  );
}

/** Whether sidecars let no call of such an address pass by, by `excludeIPRanges`. */
export function excludesNoAllocated(value: unknown, values: HelmValues): boolean {
  const allocated = allocatedRange(values);
  return (
    typeof value === "string" &&
    listed(value).every(
      (range) => ipaddr.isValidCIDR(range) && !contains(range, allocated) && !contains(allocated, range),
    )
  );
}

function allocatedRange(values: HelmValues): string {
  const given = valueAt(values, ["env", "PILOT_IP_AUTOALLOCATE_IPV4_PREFIX"]);
  return typeof given === "string" && ipaddr.isValidCIDR(given) ? given : ALLOCATED;
}

function listed(ranges: string): string[] {
  return ranges
    .split(",")
    .map((range) => range.trim())
    .filter((range) => range !== "");
}

/** Whether the first of two ranges contains the second. */
function contains(outer: string, inner: string): boolean {
  const [network, bits] = ipaddr.parseCIDR(outer);
  const [address, innerBits] = ipaddr.parseCIDR(inner);
  return network.kind() === address.kind() && bits <= innerBits && address.match(network, bits);
}
