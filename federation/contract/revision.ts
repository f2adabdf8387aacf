import type { SeenContract } from "../trust/pinnedPeer.ts";
import type { Contract } from "./contract.ts";
import type { FoldedContract } from "./fold.ts";
import { contentDigest } from "./signature.ts";

/** Revision of a cluster's first contract. */
export const FIRST_REVISION = 1;

/**
 * Numbers a contract: with the last revision when its content is the last one, with the next one otherwise. Compares what readers compare,
 * the digest of the published form.
 * @param last contract of the last update; undefined before the first one.
 */
export function numberContract<T extends Contract | FoldedContract>(
  contract: T,
  last: SeenContract | undefined,
): T {
  if (last === undefined) return { ...contract, revision: FIRST_REVISION };
  const unchanged = { ...contract, revision: last.revision };
  if (contentDigest(unchanged) === last.digest) return unchanged;
  // Above it, readers refuse every number; the first one they can accept.
  const revision = last.revision < Number.MAX_SAFE_INTEGER ? last.revision + 1 : FIRST_REVISION;
  return { ...contract, revision };
}
