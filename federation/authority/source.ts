import type { ProvidedAuthority } from "./provided.ts";
import type { RotationPlan } from "./rotation.ts";
import type { SharedAuthority } from "./shared.ts";

/** Where a certificate authority may come from: made by the cluster's stack, given from outside, or signed by the stack of a shared root. */
export const AUTHORITY_KINDS = ["own", "provided", "shared"] as const;

export type AuthorityKind = (typeof AUTHORITY_KINDS)[number];
/** Where a cluster's certificate authority comes from: it is its own, with these roots, is given from outside, or is under a shared root. */
export type AuthoritySource =
  { rotation: RotationPlan } | { provided: ProvidedAuthority } | { shared: SharedAuthority };

/** The certificates of an authority that is not of this stack's making, PEM; what the stack makes itself has names that are known. */
export interface OutsideCertificates {
  /** A peer may have the same ones. */
  roots: readonly string[];
  /** What is below them; by their names no peer's root may go. */
  intermediates: readonly string[];
}

export function outsideCertificates(authority: AuthoritySource): OutsideCertificates {
  if ("provided" in authority) {
    const { certificate, chain, roots } = authority.provided;
    return { roots, intermediates: [certificate, ...chain] };
  }
  if ("rotation" in authority) return { roots: [], intermediates: [] };
  const { certificate, rootCertificates, former } = authority.shared;
  // Of two peers that move to another root, one is the first.
  return { roots: [...rootCertificates, ...(former?.rootCertificates ?? [])], intermediates: [certificate] };
}
