/** Where a certificate authority may come from: made by the cluster's stack, given from outside, or signed by the stack of a shared root. */
export const AUTHORITY_KINDS = ["own", "provided", "shared"] as const;

export type AuthorityKind = (typeof AUTHORITY_KINDS)[number];
