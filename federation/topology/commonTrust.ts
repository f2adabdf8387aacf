import type { StackConfig } from "../config.ts";

/**
 * Says what differs where peers have our very trust domain: a trust anchor is constrained to a trust domain, and there tells nobody apart.
 * @param equals names of these peers.
 */
export function noteCommonTrust(
  { cluster: { trustDomain } }: Pick<StackConfig, "cluster">,
  equals: readonly string[],
): string[] {
  if (equals.length === 0) return [];
  return [
    `trust domain ${trustDomain} is also that of ${equals.join(", ")}: each of these clusters' certificate authorities can speak for ` +
      "every identity of it, ours included, and no trust anchor can constrain equals (docs/topologies.md)",
  ];
}
