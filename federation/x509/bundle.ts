import { X509Certificate } from "node:crypto";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/**
 * Reads the certificates of a PEM text one after the other, whatever is written between them.
 * @returns undefined when one of them cannot be read.
 */
export function certificatesIn(pem: string): X509Certificate[] | undefined {
  try {
    return (pem.match(CERTIFICATE) ?? []).map((text) => new X509Certificate(text));
  } catch {
    return undefined;
  }
}

const PRIVATE_KEY = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/;

/** Whether a PEM text has a private key in it, as combined files have. */
export function hasPrivateKey(pem: string): boolean {
  return PRIVATE_KEY.test(pem);
}

/** The certificates of a PEM text, without what is written around them. */
export function certificatesOnly(pem: string): string {
  return (pem.match(CERTIFICATE) ?? []).map((text) => `${text}\n`).join("");
}
