import { type KeyObject, type X509Certificate, createHash } from "node:crypto";
import { messageOf } from "../core/text.ts";
import {
  type DerValue,
  bitsOf,
  contentOf,
  integerOf,
  isTagged,
  isOid,
  isUniversal,
  parseDer,
  partsOf,
  toDer,
} from "./der.ts";
import { RSA_BITS, UNFIT_KEY, signatureAlgorithm } from "./keys.ts";

/** Extensions that are read, by object identifier (RFC 5280, 4.2.1). */
const EXTENSIONS = {
  subjectKeyIdentifier: "2.5.29.14",
  basicConstraints: "2.5.29.19",
  nameConstraints: "2.5.29.30",
} as const;

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
  const fields = fieldsOf(certificate);
  // The version is optional and has a tag of its own (RFC 5280, 4.1).
  const [, , , , subject, publicKeyInfo] = fields.filter((field) => !isTagged(field, 0));
  if (subject === undefined || publicKeyInfo === undefined) throw new Error("has no subject or public key");
  const constraints = partsOf(valueOf(fields, "basicConstraints"));
  const pathLength = constraints.find((part) => isUniversal(part, "INTEGER"));
  const identifier = contentOf(valueOf(fields, "subjectKeyIdentifier"));
  return {
    subject,
    publicKeyInfo,
    keyIdentifier: identifier.length > 0 ? identifier : hashKey(publicKeyInfo),
    pathLength: pathLength && integerOf(pathLength),
  };
}

/**
 * Parses the value of one of a certificate's extensions.
 * @returns undefined when the certificate has no such extension.
 * @throws Error, completing "<the certificate> ...", when it is not DER.
 */
export function extensionOf(
  certificate: X509Certificate,
  extension: keyof typeof EXTENSIONS,
): DerValue | undefined {
  return valueOf(fieldsOf(certificate), extension);
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

/** Fields of the signed part of a certificate. */
function fieldsOf(certificate: X509Certificate): DerValue[] {
  return partsOf(partsOf(parseDer(certificate.raw))[0]);
}

/** Value of an extension, whose last part holds it in DER. */
function valueOf(fields: readonly DerValue[], extension: keyof typeof EXTENSIONS): DerValue | undefined {
  const extensions = partsOf(partsOf(fields.find((field) => isTagged(field, 3)))[0]).map(partsOf);
  const found = extensions.find(([id]) => isOid(id, EXTENSIONS[extension]));
  return found && parseDer(contentOf(found.at(-1)));
}

/**
 * Validates that a CA's certificate may sign, or let others sign, at a time.
 * @param below number of CAs between it and the leaves.
 * @returns faults, each completing "<the certificate> ...".
 */
export function authorityFaults(certificate: X509Certificate, below: number, now: Date): string[] {
  const { ca, validFromDate, validToDate, publicKey } = certificate;
  const bits = publicKey.asymmetricKeyDetails?.modulusLength ?? RSA_BITS.least;
  return [
    ...(ca ? [] : ["is no CA's certificate"]),
    ...(validFromDate <= now ? [] : [`is not valid before ${validFromDate.toISOString()}`]),
    ...(now <= validToDate ? [] : [`has expired on ${validToDate.toISOString()}`]),
    ...(signatureAlgorithm(publicKey) === undefined ? [UNFIT_KEY] : []),
    ...(bits < RSA_BITS.least ? [`has an RSA key of ${bits} bits: ${RSA_BITS.least} at least`] : []),
    ...pathFaults(certificate, below),
  ];
}

/** Whether a root may sign the trust anchor of a peer which has an intermediate. */
export function leavesRoomForAnchors(root: X509Certificate): boolean {
  return pathFaults(root, BELOW_ANCHORS).length === 0;
}

/** Whether one certificate was issued by another: by name, and by signature. */
export function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function pathFaults(certificate: X509Certificate, below: number): string[] {
  try {
    const { pathLength } = parseAuthority(certificate);
    if (pathLength === undefined || pathLength >= below) return [];
    return [`has path length ${pathLength}, and ${below} CA(s) come below it`];
  } catch (error) {
    return [messageOf(error)];
  }
}
