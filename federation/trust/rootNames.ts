import { type Fault, pathOf } from "../core/fault.ts";
import { append } from "../core/order.ts";
import { subjectOf } from "../x509/certificate.ts";
import type { OutsideRoots } from "./commonTrust.ts";

/** A cluster with its roots, as far as they are known. */
export interface RootOwner {
  /** For messages: `this cluster`, `peer cluster-c`. */
  owner: string;
  /** Undefined where no certificate is named by it. */
  trustDomain: string | undefined;
  /** PEM. */
  rootCertificates: readonly string[];
}

/** An owner, and its place among all. */
interface Place extends RootOwner {
  index: number;
}

/**
 * Names of root certificates, by owner. A root of a peer that is named like somebody else's certificate is refused: verifiers look
 * for issuers by name (docs/decisions/2026-11-21-root-names.md).
 */
export class RootNames {
  /** By the whole subject. */
  readonly #bySubject = new Map<string, Place[]>();
  /** By trust domain, the organization in this program's certificates: others' intermediates are not known here. */
  readonly #byTrustDomain = new Map<string, Place[]>();
  readonly #subjects = new Map<string, string>();

  constructor(owners: readonly RootOwner[]) {
    for (const [index, owner] of owners.entries()) {
      const place = { ...owner, index };
      if (owner.trustDomain !== undefined) append(this.#byTrustDomain, `o=${owner.trustDomain}`, place);
      const subjects = owner.rootCertificates.map((pem) => fold(this.#subjectOf(pem)).join("\n"));
      for (const subject of new Set(subjects)) append(this.#bySubject, subject, place);
    }
  }

  /**
   * Validates the names of a peer's roots against those of all owners but the peer.
   * @param owner the peer among the owners.
   * @param ownRoots of this cluster, which others may have too, PEM: the very same certificate is taken for no other.
   */
  faults(owner: string, rootCertificates: readonly string[], ownRoots: OutsideRoots): Fault[] {
    // Peers under one root have it in common, which may be ours.
    if (ownRoots === "unknown") return [];
    return rootCertificates.flatMap((pem, index) => {
      if (ownRoots.includes(pem)) return [];
      const subject = this.#subjectOf(pem);
      return this.#ownersNamed(subject)
        .filter((place) => place.owner !== owner)
        .map((place) => ({
          path: pathOf("rootCertificates", index),
          value: subject.replaceAll("\n", ", "),
          // One anchor cannot be good for one trust domain and another one of its name for the other.
          ...(place.rootCertificates.includes(pem) ? sameRoot(place.owner) : sameName(place.owner)),
        }));
    });
  }

  /** The owners of a certificate with this subject, or of one that could have it, in their order. */
  #ownersNamed(subject: string): Place[] {
    const attributes = fold(subject);
    const found = [
      ...(this.#bySubject.get(attributes.join("\n")) ?? []),
      ...attributes.flatMap((attribute) => this.#byTrustDomain.get(attribute) ?? []),
    ];
    return [...new Set(found)].sort((one, other) => one.index - other.index);
  }

  #subjectOf(pem: string): string {
    const subject = this.#subjects.get(pem) ?? subjectOf(pem);
    this.#subjects.set(pem, subject);
    return subject;
  }
}

function sameName(owner: string): Pick<Fault, "rule" | "remedy"> {
  return {
    rule: `has a subject that equals, or could equal, that of a certificate of ${owner}`,
    remedy: "Have the peer make a root with a subject of its own",
  };
}

function sameRoot(owner: string): Pick<Fault, "rule" | "remedy"> {
  return {
    rule: `is a certificate of ${owner} too: verifiers cannot distinguish two trust anchors with one subject`,
    remedy:
      "Have this cluster under that root too (certificateAuthority.source), or only one of the two as a peer",
  };
}

/** The attributes of a subject, as far as verifiers tell names apart: RFC 5280, section 7.1, folds case and blanks. */
function fold(subject: string): string[] {
  return subject.split("\n").map((attribute) => attribute.toLowerCase().replace(/\s/g, ""));
}
