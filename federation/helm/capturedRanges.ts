import ipaddr from "ipaddr.js";

/** Range from which istiod gives hosts of ServiceEntries their addresses. */
const ALLOCATED = "240.240.0.0/16";

/** Whether sidecars capture calls of addresses that istiod gives imported hosts, by `includeIPRanges`. */
export function capturesAllocated(value: unknown): boolean {
  return (
    typeof value === "string" &&
    listed(value).some((range) => range === "*" || (ipaddr.isValidCIDR(range) && contains(range, ALLOCATED)))
  );
}

/** Whether sidecars let no call of such an address pass by, by `excludeIPRanges`. */
export function excludesNoAllocated(value: unknown): boolean {
  return (
    typeof value === "string" &&
    listed(value).every(
      (range) => ipaddr.isValidCIDR(range) && !contains(range, ALLOCATED) && !contains(ALLOCATED, range),
    )
  );
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
