import type { KeyObject, X509Certificate } from "node:crypto";
import type { Fault } from "../core/fault.ts";

/** Path of certificates and keys from outside in the config. */
export const PROVIDED = "certificateAuthority.provided";

/** Remedy for a certificate that its issuer has to replace. */
export const REPLACE = "Have your certificate authority issue another one";

/** Ways to do without the key of a root that cannot sign trust anchors, by whose Istio it is. */
export const WITHOUT_ROOT_KEY = {
  own: "Leave the key out and accept unconstrained anchors",
  existing: "Remove source and provided, so that a federation root signs the anchors",
} as const;

/** Returns the fault of a root that can sign no trust anchors. */
export function noRoomFault(instead: string): Fault {
  return providedFault(
    "rootKey",
    "is of a root with a path length below 2, which cannot sign the trust anchor of a peer that has an intermediate",
    `${instead}, or have a root without that limit`,
  );
}

/** Returns a fault of a part, without its text, which could be a key. */
export function providedFault(field: string, rule: string, remedy: string): Fault {
  return { path: `${PROVIDED}.${field}`, rule, remedy };
}

/** Returns a fault of a certificate, with its subject. */
export function providedCertificateFault(field: string, { subject }: X509Certificate, rule: string): Fault {
  return { ...providedFault(field, rule, REPLACE), value: formatSubject(subject) };
}

/** Formats a subject on one line, the most particular attribute first. */
export function formatSubject(subject: string | undefined): string {
  return (subject ?? "").split("\n").reverse().join(", ");
}

/**
 * Validates a private key.
 * @param key undefined where the text is none.
 * @param certificates those of which it must be the key of one.
 */
export function providedKeyFaults(
  field: "key" | "rootKey",
  key: KeyObject | undefined,
  certificates: readonly X509Certificate[],
): Fault[] {
  if (key === undefined) {
    const rule = "must be an unencrypted private key in PEM (PKCS #1, SEC 1 or PKCS #8)";
    return [providedFault(field, rule, "Take off its passphrase: openssl pkey -in key.pem")];
  }
  if (certificates.length === 0 || certificates.some((certificate) => certificate.checkPrivateKey(key)))
    return [];
  const whose = field === "key" ? "provided.certificate" : "a certificate in provided.root";
  return [providedFault(field, `is not the key of ${whose}`, "Give the key that belongs to it")];
}

/** Formats a key as istiod reads it, without the curve's parameters that some tools write before the key. */
export function toPkcs8(key: KeyObject | undefined): string {
  return key?.export({ type: "pkcs8", format: "pem" }).toString() ?? "";
}
