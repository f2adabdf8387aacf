import { X509Certificate } from "node:crypto";
import { boundedLines, messageOf } from "../core/text.ts";
import { type Issuer, SERIAL_BYTES, issueAnchor, parseIssuer } from "../x509/issuer.ts";
import {
  ANCHOR_FORMAT,
  type AnchorSource,
  type TrustAnchors,
  sortedRoots,
  currentAnchors,
} from "./anchors.ts";
import { constrainNames, excludeNames } from "../x509/nameConstraints.ts";

/** Roots without an anchor that an error lists before it counts the rest. */
const SHOWN_ROOTS = 10;

/** Sources of a peer's anchors, with the key of their issuer. */
export interface AnchorRequest extends AnchorSource {
  /** Name of the peer, for messages. */
  peer: string;
  /** Key of `issuerCertificate`, PEM. */
  issuerKey: string;
}

/**
 * Issues an anchor for each root of a peer, unless that of the last update is still right. In a file of its own, as a preview needs no issuer.
 * @param last undefined the first time.
 * @param random returns the given number of random bytes.
 * @throws Error that names every root for which no anchor can be issued, and why.
 */
export function issueAnchors(
  request: AnchorRequest,
  last: TrustAnchors | undefined,
  now: Date,
  random: (bytes: number) => Uint8Array,
): TrustAnchors {
  const { peer, trustDomain, scope, rootCertificates } = request;
  const certificate = new X509Certificate(request.issuerCertificate);
  const roots = sortedRoots(rootCertificates);
  const standing = last === undefined ? [] : currentAnchors(last, request, now);
  const issuer = issuerOf(request, certificate);
  const constraints = scope === "only" ? constrainNames(trustDomain) : excludeNames(trustDomain);
  const failures: string[] = [];
  const certificates = roots.map((root, index) => {
    try {
      return standing[index] ?? issueAnchor(root, issuer, constraints, now, random(SERIAL_BYTES));
    } catch (error) {
      failures.push(`the peer's root with SHA-256 ${root.fingerprint256} ${messageOf(error)}`);
      return "";
    }
  });
  if (failures.length > 0) {
    const lines = boundedLines(failures, (failure) => failure, undefined, SHOWN_ROOTS);
    throw new Error([`no trust anchor for peer ${peer}:`, ...lines].join("\n  - "));
  }
  return {
    format: ANCHOR_FORMAT,
    trustDomain,
    scope,
    rootFingerprints: roots.map((root) => root.fingerprint256),
    issuerFingerprint: certificate.fingerprint256,
    certificates,
  };
}

function issuerOf({ peer, issuerKey }: AnchorRequest, certificate: X509Certificate): Issuer {
  try {
    return parseIssuer(certificate, issuerKey);
  } catch (error) {
    throw new Error(`no trust anchor for peer ${peer}: our own root ${messageOf(error)}`, { cause: error });
  }
}
