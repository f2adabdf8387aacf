import { X509Certificate } from "node:crypto";
import { canonicalCertificate } from "./certificate.ts";
import { UNFIT_KEY, parsePrivateKey, signatureAlgorithm } from "./keys.ts";

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
