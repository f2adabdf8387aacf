import { X509Certificate } from "node:crypto";
import type { TextRule } from "../core/schema.ts";

/** The certificate as OpenSSL writes it, without text around it; `undefined` if there is not exactly one, of a CA. */
export function canonicalCertificate(pem: string): string | undefined {
  if (pem.match(/-----BEGIN /g)?.length !== 1) return undefined;
  try {
    const certificate = new X509Certificate(pem);
    return certificate.ca ? certificate.toString() : undefined;
  } catch {
    return undefined;
  }
}
/** A certificate's SHA-256, with or without colons, in upper or lower case. */
const WRITTEN = /^[0-9A-F]{2}(?::?[0-9A-F]{2}){31}$/i;

/** SHA-256 of a certificate, as `openssl x509 -fingerprint -sha256` prints it, or without its colons. */
export const FINGERPRINT: TextRule = {
  test: (text) => text.length <= 95 && WRITTEN.test(text),
  rule: "must be the SHA-256 fingerprint of a certificate: 64 hexadecimal digits, with colons between pairs or without",
  remedy: "Copy it from `openssl x509 -noout -fingerprint -sha256 -in root-cert.pem`, in quotes",
};

/** SHA-256 of a public key (its SubjectPublicKeyInfo), as this program tells it, or without its colons. */
export const KEY_FINGERPRINT: TextRule = {
  test: FINGERPRINT.test,
  rule: "must be the SHA-256 of a public key: 64 hexadecimal digits, with colons between pairs or without",
  remedy:
    "Copy it from `openssl req -noout -pubkey -in request.pem | openssl pkey -pubin -outform der | openssl sha256`, in quotes",
};

/** The SHA-256 of a certificate in PEM, in the form `AB:CD:...`; of anything else a text that equals no fingerprint. */
export function fingerprintOf(pem: string): string {
  try {
    return new X509Certificate(pem).fingerprint256;
  } catch {
    return "(no certificate)";
  }
}

/** A fingerprint that {@link FINGERPRINT} or {@link KEY_FINGERPRINT} takes, in the form `AB:CD:...`. */
export function canonicalFingerprint(text: string): string {
  const pairs = text.replaceAll(":", "").toUpperCase().match(/../g) ?? [];
  return pairs.join(":");
}
