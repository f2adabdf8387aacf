import { type KeyObject, X509Certificate, createHash, createPrivateKey } from "node:crypto";
import { canonicalCertificate, canonicalFingerprint } from "./certificate.ts";

/** Bits of an RSA key: fewer are too weak (NIST SP 800-131A), more are refused by some verifiers. */
export const RSA_BITS = { least: 2048, most: 8192 };

/** Go and BoringSSL refuse larger exponents. */
const LARGEST_EXPONENT = 2n ** 31n;

/** Completes "<the certificate> ...", when there is no {@link signatureAlgorithm} for its key. */
export const UNFIT_KEY =
  "has a key that Envoy does not accept, which must be RSA, or ECDSA on P-256, P-384 or P-521";

/** Algorithm by which a key signs certificates. */
export interface SignatureAlgorithm {
  /** As `node:crypto` names it. */
  hash: "sha256" | "sha384" | "sha512";
  /** AlgorithmIdentifier: key type and hash together; parameters are NULL (RFC 4055, section 5) or absent (RFC 5758, section 3.2). */
  identifier: { algorithm: string; parameters?: null };
}

/** PKCS #1 v1.5, which all verifiers know. */
const RSA: SignatureAlgorithm = {
  hash: "sha256",
  identifier: { algorithm: "1.2.840.113549.1.1.11", parameters: null },
};

/** By OpenSSL's name of the curve: a hash as long as the curve's numbers (RFC 5480, section 4). */
const ECDSA = new Map<string | undefined, SignatureAlgorithm>([
  ["prime256v1", { hash: "sha256", identifier: { algorithm: "1.2.840.10045.4.3.2" } }],
  ["secp384r1", { hash: "sha384", identifier: { algorithm: "1.2.840.10045.4.3.3" } }],
  ["secp521r1", { hash: "sha512", identifier: { algorithm: "1.2.840.10045.4.3.4" } }],
]);

/** Returns the algorithm for a public or private key; undefined if Envoy takes no such key, e.g. Ed25519. */
export function signatureAlgorithm(key: KeyObject): SignatureAlgorithm | undefined {
  return key.asymmetricKeyType === "rsa" ? RSA : ECDSA.get(key.asymmetricKeyDetails?.namedCurve);
}

/**
 * Validates that all verifiers take a key.
 * @returns faults, each completing "<the certificate> ...".
 */
export function publicKeyFaults(publicKey: KeyObject): string[] {
  const { modulusLength: bits = RSA_BITS.least, publicExponent = 3n } = publicKey.asymmetricKeyDetails ?? {};
  return [
    ...(signatureAlgorithm(publicKey) === undefined ? [UNFIT_KEY] : []),
    ...(bits < RSA_BITS.least || bits > RSA_BITS.most || publicExponent >= LARGEST_EXPONENT
      ? [`has an RSA key that not all verifiers accept: ${RSA_BITS.least} to ${RSA_BITS.most} bits`]
      : []),
  ];
}

/** Parses a private key in PEM; undefined if it is none. The reason is not reported: OpenSSL's may quote the text. */
export function parsePrivateKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

/** OpenSSL's `CA:TRUE`: basicConstraints say CA, and keyUsage, where there is one, allows keyCertSign. */
const NO_CA = "must be one certificate in PEM, of a CA that may sign certificates";
const NO_NAME = "has no subject, by which its certificates are to name it: make a root with one";
const NO_KEY = "must be an unencrypted private key in PEM (PKCS #1, SEC 1 or PKCS #8)";
const NO_PAIR = "issuerKey is not the key of issuerCertificate: give the key of our own root";

/**
 * Validates a CA's certificate and key to sign with. No fault quotes what was given, which could be the key.
 * @param issuerCertificate PEM; undefined while it is not known.
 * @param issuerKey PEM; undefined while it is not known.
 */
export function issuerFaults(issuerCertificate: unknown, issuerKey: unknown): string[] {
  const certificate = readCertificate(issuerCertificate);
  const key = typeof issuerKey === "string" ? parsePrivateKey(issuerKey) : undefined;
  const certificateFault = issuerCertificate === undefined ? undefined : authorityFault(certificate);
  const faults = [
    ...(certificateFault === undefined ? [] : [`issuerCertificate ${certificateFault}`]),
    ...(issuerKey === undefined || key !== undefined ? [] : [`issuerKey ${NO_KEY}`]),
  ];
  const isPair = certificate === undefined || key === undefined || certificate.checkPrivateKey(key);
  return faults.length > 0 || isPair ? faults : [NO_PAIR];
}

/** Reads the certificate of one CA; undefined for anything else. */
export function readCertificate(pem: unknown): X509Certificate | undefined {
  const canonical = typeof pem === "string" ? canonicalCertificate(pem) : undefined;
  return canonical === undefined ? undefined : new X509Certificate(canonical);
}

/** Returns why a certificate can neither sign nor be certified anew as a CA's, completing "<the certificate> ...". */
export function authorityFault(certificate: X509Certificate | undefined): string | undefined {
  if (certificate === undefined) return NO_CA;
  if (!certificate.subject) return NO_NAME;
  try {
    return signatureAlgorithm(certificate.publicKey) === undefined ? UNFIT_KEY : undefined;
  } catch {
    // OpenSSL itself knows no such key.
    return UNFIT_KEY;
  }
}

/** Returns the SHA-256 of a public key (its SubjectPublicKeyInfo), hexadecimal. */
export function publicKeyDigest(publicKey: KeyObject): string {
  return createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("hex");
}

/** Formats a {@link publicKeyDigest} as `AB:CD:...`. */
export function publicKeyFingerprint(publicKey: KeyObject): string {
  return canonicalFingerprint(publicKeyDigest(publicKey));
}
