import { createPrivateKey, createPublicKey } from "node:crypto";
import * as z from "zod";
import { CLUSTER_UUID } from "../core/names.ts";
import { text } from "../core/schema.ts";
import { publicKeyDigest } from "../x509/keys.ts";

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
  const digest = publicKeyDigest(createPublicKey(publicKey));
  const variant = ((parseInt(digest.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return [
    digest.slice(0, 8),
    digest.slice(8, 12),
    `8${digest.slice(13, 16)}`,
    `${variant}${digest.slice(17, 20)}`,
    digest.slice(20, 32),
  ].join("-");
}

/** Identity of this cluster as Deckhouse clusters read it. */
export interface PublicIdentity {
  clusterUUID: string;
  /** Ed25519 key that verifies this cluster's tokens, PEM. */
  authnKeyPub: string;
}

/** Returns the part of an identity that is not secret. */
export function publicIdentity({ clusterUUID, key }: DeckhouseIdentity): PublicIdentity {
  const publicKey = createPublicKey(createPrivateKey(key));
  return { clusterUUID, authnKeyPub: publicKey.export({ type: "spki", format: "pem" }).toString() };
}
