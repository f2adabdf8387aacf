import { X509Certificate } from "node:crypto";
import { type Fault, pathOf } from "../core/fault.ts";
import type { Claim } from "../imports/domains.ts";
import type { OutsideRoots } from "./commonTrust.ts";

/**
 * Validates that no other certificate has the subject of a peer's root: verifiers find issuers by name
 * (docs/decisions/2026-11-21-root-names.md).
 *
 * @param rootCertificates of the peer, PEM.
 * @param claims of this cluster and of the other peers. Their intermediates are unknown here; this program names them, as it names
 *   roots, by their trust domain as organization.
 * @param ownRoots which others may have too, PEM: the very same certificate is taken for no other.
 */
export function validateRootNames(
  rootCertificates: readonly string[],
  claims: readonly Claim[],
  ownRoots: OutsideRoots = [],
): Fault[] {
  // Peers under one root have it in common, which may be ours.
  if (ownRoots === "unknown") return [];
  return rootCertificates.flatMap((pem, index) => {
    if (ownRoots.includes(pem)) return [];
    const subject = subjectOf(pem);
    return claims
      .filter((claim) => isNamedLike(subject, claim))
      .map(({ owner, rootCertificates: taken }) => ({
        path: pathOf("rootCertificates", index),
        value: subject.replaceAll("\n", ", "),
        // One anchor cannot be good for one trust domain and another one of its name for the other.
        ...(taken?.includes(pem) === true ? sameRoot(owner) : sameName(owner)),
      }));
  });
}

function sameName(owner: string): Pick<Fault, "rule" | "remedy"> {
  return {
    rule: `has a subject that is, or could be, that of a certificate of ${owner}`,
    remedy: "Have the peer make a root with a subject of its own",
  };
}

function sameRoot(owner: string): Pick<Fault, "rule" | "remedy"> {
  return {
    rule: `is a certificate of ${owner} too: two trust anchors of one name cannot be told apart`,
    remedy:
      "Have this cluster under that root too (certificateAuthority.source), or only one of the two as a peer",
  };
}

function isNamedLike(subject: string, { trustDomain, rootCertificates = [] }: Claim): boolean {
  return (
    (trustDomain !== undefined && folded(subject).includes(`o=${trustDomain}`)) ||
    rootCertificates.some((pem) => folded(subjectOf(pem)).join("\n") === folded(subject).join("\n"))
  );
}

/** Returns the attributes as verifiers compare them: RFC 5280, section 7.1, folds case and blanks. */
function folded(subject: string): string[] {
  return subject.split("\n").map((attribute) => attribute.toLowerCase().replace(/\s/g, ""));
}

/** Formats a subject as OpenSSL does, an attribute per line; "" for a text that is no certificate. */
function subjectOf(pem: string): string {
  try {
    return new X509Certificate(pem).subject;
  } catch {
    return "";
  }
}
