import { X509Certificate } from "node:crypto";
import { readAuthority } from "./authority.ts";
import { UNFIT_KEY, signatureAlgorithm } from "./keys.ts";

/** Bits of an RSA key: fewer are too weak (NIST SP 800-131A). */
const RSA_BITS = 2048;

/** Below a root that signs trust anchors: the anchor, and the peer's intermediate. */
const BELOW_ANCHORS = 2;

/**
 * What keeps a CA's certificate from signing, or from letting others sign, at a time.
 * @param below how many CAs stand between it and the leaves.
 * @returns each completes "<the certificate> ...".
 */
export function authorityFaults(certificate: X509Certificate, below: number, now: Date): string[] {
  const { ca, validFromDate, validToDate, publicKey } = certificate;
  const bits = publicKey.asymmetricKeyDetails?.modulusLength ?? RSA_BITS;
  return [
    ...(ca ? [] : ["is no CA's certificate"]),
    ...(validFromDate <= now ? [] : [`is not valid before ${validFromDate.toISOString()}`]),
    ...(now <= validToDate ? [] : [`has expired on ${validToDate.toISOString()}`]),
    ...(signatureAlgorithm(publicKey) === undefined ? [UNFIT_KEY] : []),
    ...(bits < RSA_BITS ? [`has an RSA key of ${bits} bits: ${RSA_BITS} at least`] : []),
    ...pathFaults(certificate, below),
  ];
}

function pathFaults(certificate: X509Certificate, below: number): string[] {
  try {
    const { pathLength } = readAuthority(certificate);
    if (pathLength === undefined || pathLength >= below) return [];
    return [`has path length ${pathLength}, and ${below} CA(s) come below it`];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

/** Whether a root may sign the trust anchor of a peer which has an intermediate. */
export function leavesRoomForAnchors(root: X509Certificate): boolean {
  return pathFaults(root, BELOW_ANCHORS).length === 0;
}

/** Whether one certificate was issued by another: by name, and by signature. */
export function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}
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
