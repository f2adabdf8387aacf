import { X509Certificate } from "node:crypto";
import type { TextRule } from "../core/schema.ts";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;
const PRIVATE_KEY = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/;

/** SHA-256 with or without colons, in upper or lower case. */
const SHA_256 = /^[0-9A-F]{2}(?::?[0-9A-F]{2}){31}$/i;

/** SHA-256 of a certificate, as `openssl x509 -fingerprint -sha256` prints it, or without its colons. */
export const FINGERPRINT: TextRule = {
  test: (text) => text.length <= 95 && SHA_256.test(text),
  rule: "must be the SHA-256 fingerprint of a certificate: 64 hexadecimal digits, with colons between pairs or without",
  remedy: "Copy it from `openssl x509 -noout -fingerprint -sha256 -in root-cert.pem`, in quotes",
};

/** SHA-256 of a public key (its SubjectPublicKeyInfo), as this program logs it, or without its colons. */
export const KEY_FINGERPRINT: TextRule = {
  test: FINGERPRINT.test,
  rule: "must be the SHA-256 of a public key: 64 hexadecimal digits, with colons between pairs or without",
  remedy:
    "Copy it from `openssl req -noout -pubkey -in request.pem | openssl pkey -pubin -outform der | openssl sha256`, in quotes",
};

/** SHA-256 of a certificate in PEM, as `AB:CD:...`; of other text "(no certificate)", which equals no fingerprint. */
export function fingerprintOf(pem: string): string {
  try {
    return new X509Certificate(pem).fingerprint256;
  } catch {
    return "(no certificate)";
  }
}

/** Subject of a certificate in PEM, one attribute per line as OpenSSL formats it; "" for other text. */
export function subjectOf(pem: string): string {
  try {
    return new X509Certificate(pem).subject;
  } catch {
    return "";
  }
}

/** Formats a fingerprint that {@link FINGERPRINT} or {@link KEY_FINGERPRINT} accepts as `AB:CD:...`. */
export function canonicalFingerprint(text: string): string {
  const pairs = text.replaceAll(":", "").toUpperCase().match(/../g) ?? [];
  return pairs.join(":");
}

/** Formats a certificate as OpenSSL does, without text around it; undefined if there is not exactly one, of a CA. */
export function canonicalCertificate(pem: string): string | undefined {
  if (pem.match(/-----BEGIN /g)?.length !== 1) return undefined;
  try {
    const certificate = new X509Certificate(pem);
    return certificate.ca ? certificate.toString() : undefined;
  } catch {
    return undefined;
  }
}

/** Finds the certificates of a PEM text, in order, whatever stands between them; each may be unreadable. */
export function certificateTexts(pem: string): string[] {
  return pem.match(CERTIFICATE) ?? [];
}

/** Parses one certificate; undefined for any other text. */
export function parseCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

/**
 * Parses all certificates of a PEM text, in order, whatever stands between them.
 * @returns undefined when one of them cannot be parsed.
 */
export function certificatesIn(pem: string): X509Certificate[] | undefined {
  try {
    return certificateTexts(pem).map((text) => new X509Certificate(text));
  } catch {
    return undefined;
  }
}

/** Removes all text around the certificates of a PEM text. */
export function certificatesOnly(pem: string): string {
  return certificateTexts(pem)
    .map((text) => `${text}\n`)
    .join("");
}

/** Whether a PEM text holds a private key, as combined files do. */
export function hasPrivateKey(pem: string): boolean {
  return PRIVATE_KEY.test(pem);
}
