import type { X509Certificate } from "node:crypto";
import { readAuthority } from "./authority.ts";
import { certify } from "./certify.ts";
import type { Issuer } from "./issuer.ts";
import { nameConstraints } from "./nameConstraints.ts";
import { commonValidity, validityOf } from "./validity.ts";

/**
 * Certifies a peer's root anew: subject and public key are the peer's, issuer is our own root, names are constrained.
 * @param trustDomain the only one for which the anchor is good.
 * @param random as {@link certify} takes them.
 * @returns PEM.
 * @throws Error, completing "<the peer's root> ...", when there can be no anchor.
 */
export function makeAnchor(
  certificate: X509Certificate,
  issuer: Issuer,
  trustDomain: string,
  now: Date,
  random: Uint8Array,
): string {
  const validity = commonValidity(validityOf(certificate), issuer.validity, now);
  return certify(readAuthority(certificate), issuer, nameConstraints(trustDomain), validity, random);
}
