import { createPrivateKey } from "node:crypto";
import { SignJWT } from "jose";
import type { DeckhouseIdentity } from "./identity.ts";

/** Seconds for which a token is valid. */
const LIFETIME = 60;

/**
 * Signs the token by which this cluster reads the private document of a Deckhouse cluster.
 * @param audience UUID of that cluster.
 */
export function signFederationToken(
  { clusterUUID, key }: DeckhouseIdentity,
  audience: string,
  now: Date,
): Promise<string> {
  const seconds = Math.floor(now.getTime() / 1000);
  return new SignJWT({ scope: "private-federation" })
    .setProtectedHeader({ alg: "EdDSA" })
    .setIssuer("d8-istio")
    .setAudience(audience)
    .setSubject(clusterUUID)
    .setNotBefore(seconds)
    .setExpirationTime(seconds + LIFETIME)
    .sign(createPrivateKey(key));
}
