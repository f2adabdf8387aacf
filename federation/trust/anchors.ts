import { X509Certificate } from "node:crypto";
import { sortedUnique } from "../core/order.ts";

/** Version of the anchors' format: anchors of another one are issued again. */
export const ANCHOR_FORMAT = 1;

/**
 * Trust domains for which an anchor is valid: only that of a peer, or all but our own. The latter is a federation root, which issues peers'
 * anchors where the key of the mesh's root is somebody else's: whoever has its key can be a peer here, and never one of us.
 */
export type AnchorScope = "only" | "allBut";

/** Certificates and trust domain that a peer's anchors are made from. */
export interface AnchorSource {
  trustDomain: string;
  scope: AnchorScope;
  /** Roots of the peer, PEM, one each. */
  rootCertificates: string[];
  /** Our own root, PEM. */
  issuerCertificate: string;
}

/** Trust anchors of a peer, and their sources. */
export interface TrustAnchors {
  /** {@link ANCHOR_FORMAT} of the program that made them. */
  format: number;
  trustDomain: string;
  scope: AnchorScope;
  /** SHA-256 of the root that each anchor certifies, as `AB:CD:...`, in the anchors' order. */
  rootFingerprints: string[];
  /** SHA-256 of the certificate that issued the anchors. */
  issuerFingerprint: string;
  /** Anchors, PEM. */
  certificates: string[];
}

/**
 * Finds the anchors of the last update that are still right: same root, issuer and trust domain, intact and not expired.
 * @returns one for each root in the order of {@link sortedRoots}; undefined where an anchor has to be issued.
 */
export function currentAnchors(
  last: TrustAnchors,
  { trustDomain, scope, rootCertificates, issuerCertificate }: AnchorSource,
  now: Date,
): (string | undefined)[] {
  const issuer = new X509Certificate(issuerCertificate);
  const isSameSource =
    last.format === ANCHOR_FORMAT &&
    last.trustDomain === trustDomain &&
    last.scope === scope &&
    last.issuerFingerprint === issuer.fingerprint256;
  return sortedRoots(rootCertificates).map((root) => {
    const anchor = last.certificates[last.rootFingerprints.indexOf(root.fingerprint256)];
    return isSameSource && anchor !== undefined && stands(anchor, root, issuer, now) ? anchor : undefined;
  });
}

function stands(anchor: string, root: X509Certificate, issuer: X509Certificate, now: Date): boolean {
  try {
    const certificate = new X509Certificate(anchor);
    return (
      certificate.subject === root.subject &&
      certificate.publicKey.equals(root.publicKey) &&
      certificate.verify(issuer.publicKey) &&
      now <= certificate.validToDate
    );
  } catch {
    return false;
  }
}

/** Sorts roots by OpenSSL's PEM text, without duplicates: their order in a contract has no meaning. */
export function sortedRoots(certificates: readonly string[]): X509Certificate[] {
  const texts = certificates.map((pem) => new X509Certificate(pem).toString());
  return sortedUnique(texts).map((pem) => new X509Certificate(pem));
}
