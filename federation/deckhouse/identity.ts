import { createHash, createPublicKey } from "node:crypto";
import * as z from "zod";
import { CLUSTER_UUID } from "../core/names.ts";
import { text } from "../core/schema.ts";

/** Schema of {@link DeckhouseIdentity}. */
export const deckhouseIdentity = z.object({
  /** UUID by which Deckhouse clusters know this cluster. */
  clusterUUID: text(CLUSTER_UUID),
  /** Ed25519 key that signs this cluster's tokens, PKCS #8 in PEM; secret. */
  key: z.string(),
});

/** Identity of this cluster for Deckhouse clusters: made once, and kept in the stack's state. */
export type DeckhouseIdentity = z.output<typeof deckhouseIdentity>;

/**
 * Returns the UUID of the cluster that has a key, of version 8 (RFC 9562): a digest of the key, so a cluster with another key is another
 * cluster.
 * @param publicKey PEM.
 */
export function clusterUUIDOf(publicKey: string): string {
  const der = createPublicKey(publicKey).export({ type: "spki", format: "der" });
  const digest = createHash("sha256").update(der).digest();
  digest[6] = (digest[6]! & 0x0f) | 0x80;
  digest[8] = (digest[8]! & 0x3f) | 0x80;
  return digest.toString("hex", 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
