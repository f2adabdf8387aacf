import type { StackConfig } from "../config.ts";

/** As which domain Istio reads its default in a policy: as that of the cluster where the policy is. */
const LOCAL_TRUST_DOMAIN = "cluster.local";

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

/**
 * Says which peers no policy here can name, as their trust domain is Istio's word for one's own.
 * @param trusted peers and their trust domains.
 */
export function noteUnnamedTrust(
  { cluster: { trustDomain } }: Pick<StackConfig, "cluster">,
  trusted: readonly (readonly [peer: string, trustDomain: string])[],
): string[] {
  if (trustDomain === LOCAL_TRUST_DOMAIN) return [];
  return trusted
    .filter(([, domain]) => domain === LOCAL_TRUST_DOMAIN)
    .map(
      ([peer]) =>
        `the trust domain of ${peer} is ${LOCAL_TRUST_DOMAIN}, by which an AuthorizationPolicy here means ${trustDomain}, this cluster's own: ` +
        `'${LOCAL_TRUST_DOMAIN}/ns/foo/sa/bar' lets in our bar and not that of ${peer}, which no policy can name by a whole principal (docs/topologies.md)`,
    );
}
