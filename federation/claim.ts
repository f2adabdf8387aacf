import type { Fault } from "./fault.ts";
import { overlap } from "./hostname.ts";

/** The domains of one cluster. */
export interface Domains {
  clusterDomain: string;
  trustDomain: string;
}

/** What is somebody's, so that no other may have it. */
export interface Claim extends Domains {
  /** For messages: `this cluster`, `pending peer cluster-c`. */
  owner: string;
  /** PEM, as far as they are known. */
  rootCertificates?: readonly string[];
}

/**
 * A cluster's domains must neither be, hold nor lie in what others claim; cluster domains and trust domains each among themselves.
 * @param common those that clusters may have in common: the same is fine then, and nested ones are not.
 */
export function judgeDomains(
  domains: Domains,
  claims: readonly Claim[],
  common: readonly (keyof Domains)[] = [],
): Fault[] {
  return (["clusterDomain", "trustDomain"] as const).flatMap((field) => {
    const mayBeSame = common.includes(field);
    return claims
      .filter((claim) => overlap(domains[field], claim[field]))
      .filter((claim) => !mayBeSame || domains[field] !== claim[field])
      .map((claim) => ({
        path: field,
        value: domains[field],
        rule: `must ${mayBeSame ? "neither" : "neither be,"} hold nor lie in '${claim[field]}', which is that of ${claim.owner}`,
        remedy: `Give each cluster a domain of its own${mayBeSame ? " or all the same" : ""}, or remove one of the peers`,
      }));
  });
}
