import { X509Certificate } from "node:crypto";
import * as z from "zod";
import { utc } from "../core/text.ts";
import { FINGERPRINT } from "../x509/certificate.ts";

const certificateDates = z.object({
  notBefore: z.iso.datetime(),
  notAfter: z.iso.datetime(),
  /** SHA-256 fingerprint, as `AB:CD:...`. */
  sha256: z.string().refine(FINGERPRINT.test),
});

/** Validity of a certificate in the stack output `certificates`; times in UTC as `2036-11-19T10:28:15Z`. */
export type CertificateDates = z.output<typeof certificateDates>;

/** Schema of {@link CertificateReport}. */
export const certificateReport = z.record(z.string(), certificateDates);

/** Certificates that a stack issued, by role: `root`, `intermediate`, `trust anchor of cluster-b`. */
export type CertificateReport = z.output<typeof certificateReport>;

const DAY = 86_400_000;

/** Returns the validity of a certificate in PEM. @throws Error when it is none. */
export function datesOf(pem: string): CertificateDates {
  const { validFrom, validTo, fingerprint256 } = new X509Certificate(pem);
  return { notBefore: utc(new Date(validFrom)), notAfter: utc(new Date(validTo)), sha256: fingerprint256 };
}

/** Whether a certificate in PEM is valid at a time. @throws Error when it is none. */
export function isValidAt(pem: string, now: Date): boolean {
  const { notBefore, notAfter } = datesOf(pem);
  return Date.parse(notBefore) <= now.getTime() && now.getTime() <= Date.parse(notAfter);
}

/**
 * Warns of certificates that expire soon or have expired.
 * @param days before the end of a certificate from which on there is a warning.
 */
export function expiryWarnings(certificates: CertificateReport, days: number, now: Date): string[] {
  return Object.entries(certificates).flatMap(([name, { notAfter }]) => {
    const left = Math.floor((Date.parse(notAfter) - now.getTime()) / DAY);
    if (left >= days) return [];
    const when = left < 0 ? `has expired on ${notAfter}` : `expires on ${notAfter}, in ${left} day(s)`;
    return [`The ${name} ${when}. ${remedyFor(name)}`];
  });
}

function remedyFor(name: string): string {
  if (name.startsWith("root")) return "Rotate it in time, or have it rotated: docs/rotation.md";
  if (name === "intermediate")
    return "`pulumi up` renews one of this stack's own; another one its issuer has to";
  if (name.startsWith("intermediate of"))
    return "`pulumi up` renews it here; then run it on the cluster's stack";
  if (name.startsWith("certificate")) return "Have its issuer renew it";
  return "It ends with the peer's root or with ours, whichever is first: see which, and have that one rotated";
}
