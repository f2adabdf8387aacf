import { X509Certificate } from "node:crypto";

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
