import { type KeyObject, type X509Certificate, createHash } from "node:crypto";
import { messageOf } from "../core/text.ts";
import { type CertificateFields, extensionValue, parseFields } from "./certificateFields.ts";
import { formatFaults } from "./certificateFormat.ts";
import { type DerValue, bitsOf, contentOf, partsOf, toDer } from "./der.ts";
import { publicKeyFaults } from "./keys.ts";
import { pathLengthOf, usageFaults } from "./usages.ts";

/** CAs below a root that signs trust anchors: the anchor, and the peer's intermediate. */
const BELOW_ANCHORS = 2;

/** Fields of a CA's certificate that `node:crypto` does not have. */
export interface Authority {
  /** Name, byte for byte: Go compares names so. */
  subject: DerValue;
  /** SubjectPublicKeyInfo, byte for byte. */
  publicKeyInfo: DerValue;
  /** Subject key identifier, or the hash of the key that stands for one. */
  keyIdentifier: Buffer;
  /** Number of CAs allowed between this one and a leaf; undefined for any number. */
  pathLength: number | undefined;
}

/**
 * Parses a CA's certificate.
 * @throws Error, completing "<the certificate> ...", when it is not DER.
 */
export function parseAuthority(certificate: X509Certificate): Authority {
  const fields = parseFields(certificate);
  const { subject, publicKeyInfo } = fields;
  const identifier = contentOf(extensionValue(fields, "subjectKeyIdentifier"));
  return {
    subject,
    publicKeyInfo,
    keyIdentifier: identifier.length > 0 ? identifier : hashKey(publicKeyInfo),
    pathLength: pathLengthOf(fields),
  };
}

/** SHA-1 of a public key's bits (RFC 5280, 4.2.1.2, method 1). */
export function hashKey(publicKeyInfo: DerValue): Buffer {
  return createHash("sha1")
    .update(bitsOf(partsOf(publicKeyInfo)[1]))
    .digest();
}

/** Whether a SubjectPublicKeyInfo is encoded as OpenSSL encodes that key. */
export function hasPlainEncoding(publicKey: KeyObject, publicKeyInfo: DerValue): boolean {
  return toDer(publicKeyInfo).equals(publicKey.export({ type: "spki", format: "der" }));
}

/**
 * Validates a CA's certificate by itself, for Go and for Envoy: form, key and uses.
 * @param isRoot whether it ends chains, see {@link usageFaults}.
 * @returns faults, each completing "<the certificate> ...".
 */
export function authorityFaults(certificate: X509Certificate, isRoot: boolean): string[] {
  const faults = parsedFaults(certificate, (fields) => [
    ...formatFaults(fields),
    ...usageFaults(fields, isRoot),
  ]);
  return [...faults, ...keyFaults(certificate)];
}

/**
 * Validates that a CA's certificate is valid at a time and allows the CAs below it.
 * @param below number of CAs between it and the leaves; Go counts those that their own subject issued, too.
 * @returns faults, each completing "<the certificate> ...".
 */
export function placeFaults(certificate: X509Certificate, below: number, now: Date): string[] {
  return [
    ...periodFaults(certificate, now),
    ...parsedFaults(certificate, (fields) => pathFaults(pathLengthOf(fields), below)),
  ];
}

/**
 * Validates that a certificate is valid at a time.
 * @returns faults, each completing "<the certificate> ...".
 */
export function periodFaults(certificate: X509Certificate, now: Date): string[] {
  const { validFrom, validTo, validFromDate, validToDate } = certificate;
  // Such as a month 13: Node's dates are any then, and only its texts say "Bad time value".
  if ([validFrom, validTo].some((text) => Number.isNaN(Date.parse(text))))
    return ["has a validity that is no time"];
  return [
    ...(validFromDate > now ? [`is not valid before ${validFromDate.toISOString()}`] : []),
    ...(now > validToDate ? [`has expired on ${validToDate.toISOString()}`] : []),
  ];
}

/** Whether a root may sign the trust anchor of a peer which has an intermediate. */
export function leavesRoomForAnchors(root: X509Certificate): boolean {
  return parsedFaults(root, (fields) => pathFaults(pathLengthOf(fields), BELOW_ANCHORS)).length === 0;
}

function pathFaults(pathLength: number | undefined, below: number): string[] {
  if (pathLength === undefined || pathLength >= below) return [];
  return [`has path length ${pathLength}, and ${below} CA(s) come below it`];
}

function keyFaults(certificate: X509Certificate): string[] {
  try {
    return publicKeyFaults(certificate.publicKey);
  } catch {
    return ["has a public key that cannot be read"];
  }
}

function parsedFaults(
  certificate: X509Certificate,
  faultsOf: (fields: CertificateFields) => string[],
): string[] {
  try {
    return faultsOf(parseFields(certificate));
  } catch (error) {
    return [messageOf(error)];
  }
}
