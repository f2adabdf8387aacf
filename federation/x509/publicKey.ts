import type { KeyObject } from "node:crypto";
import { type Asn1, encode } from "./der.ts";
import { UNFIT_KEY, signatureAlgorithm } from "./signatureAlgorithm.ts";

/** Bits of an RSA key: fewer are too weak (NIST SP 800-131A), more are refused by some verifiers. */
const RSA_BITS = { least: 2048, most: 8192 };

/** Go and BoringSSL refuse larger exponents. */
const LARGEST_EXPONENT = 2n ** 31n;

/**
 * What keeps a key from being certified for everybody.
 * @returns each completes "<the certificate> ...".
 */
export function publicKeyFaults(publicKey: KeyObject): string[] {
  const { modulusLength: bits = RSA_BITS.least, publicExponent = 3n } = publicKey.asymmetricKeyDetails ?? {};
  return [
    ...(signatureAlgorithm(publicKey) === undefined ? [UNFIT_KEY] : []),
    ...(bits < RSA_BITS.least || bits > RSA_BITS.most || publicExponent >= LARGEST_EXPONENT
      ? [`has an RSA key that not all verifiers take: ${RSA_BITS.least} to ${RSA_BITS.most} bits`]
      : []),
  ];
}

/** Whether a SubjectPublicKeyInfo is written as OpenSSL writes that key. */
export function hasPlainEncoding(publicKey: KeyObject, publicKeyInfo: Asn1): boolean {
  return encode(publicKeyInfo) === publicKey.export({ type: "spki", format: "der" }).toString("latin1");
}
