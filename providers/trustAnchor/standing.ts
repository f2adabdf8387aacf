import { X509Certificate } from "node:crypto";
import { ANCHOR_FORMAT, type Inputs, type State } from "./inputs.ts";
import { sortedRoots } from "./roots.ts";

/**
 * Finds the anchors that the last update made and that are still as they should be: made from the same root, issuer and trust
 * domain, intact and not run out.
 * @returns for each root in the order of {@link sortedRoots}; `undefined` where an anchor is to be made.
 */
export function standingAnchors(
  olds: State,
  { trustDomain, rootCertificates, issuerCertificate }: Omit<Inputs, "peer" | "issuerKey">,
  now: Date,
): (string | undefined)[] {
  const issuer = new X509Certificate(issuerCertificate);
  const isSame =
    olds.format === ANCHOR_FORMAT &&
    olds.trustDomain === trustDomain &&
    olds.issuerFingerprint === issuer.fingerprint256;
  return sortedRoots(rootCertificates).map((root) => {
    const anchor = olds.certificates[olds.rootFingerprints.indexOf(root.fingerprint256)];
    return isSame && anchor !== undefined && stands(anchor, root, issuer, now) ? anchor : undefined;
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
