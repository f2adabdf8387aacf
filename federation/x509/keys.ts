import { type KeyObject, createPrivateKey } from "node:crypto";
import { type Asn1, encode } from "./asn1.ts";

/** How a key signs a certificate. */
export interface SignatureAlgorithm {
  /** As `node:crypto` names it. */
  hash: "sha256" | "sha384" | "sha512";
  /** Object identifier of key type and hash together. */
  oid: string;
  /** Whether NULL stands for its parameters (RFC 4055, section 5), or nothing (RFC 5758, section 3.2). */
  hasNull: boolean;
}

/** PKCS #1 v1.5, which all verifiers know. */
const RSA: SignatureAlgorithm = { hash: "sha256", oid: "1.2.840.113549.1.1.11", hasNull: true };

/** By OpenSSL's name of the curve: a hash as long as the curve's numbers (RFC 5480, section 4). */
const ECDSA = new Map<string | undefined, SignatureAlgorithm>([
  ["prime256v1", { hash: "sha256", oid: "1.2.840.10045.4.3.2", hasNull: false }],
  ["secp384r1", { hash: "sha384", oid: "1.2.840.10045.4.3.3", hasNull: false }],
  ["secp521r1", { hash: "sha512", oid: "1.2.840.10045.4.3.4", hasNull: false }],
]);

/** Completes "<the certificate> ...", when {@link signatureAlgorithm} knows none for its key. */
export const UNFIT_KEY = "has a key that Envoy does not take: RSA, or ECDSA on P-256, P-384 or P-521";

/** The algorithm for a key, public or private; `undefined` for a key that Envoy takes in no certificate, e.g. Ed25519. */
export function signatureAlgorithm(key: KeyObject): SignatureAlgorithm | undefined {
  return key.asymmetricKeyType === "rsa" ? RSA : ECDSA.get(key.asymmetricKeyDetails?.namedCurve);
}
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
/** A private key in PEM; `undefined` if it is none: why stays untold, as OpenSSL's and Node's errors may quote what they read. */
export function parsePrivateKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}
