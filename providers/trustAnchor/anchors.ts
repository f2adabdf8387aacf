import { X509Certificate, randomBytes } from "node:crypto";
import { makeAnchor, SERIAL_BYTES, type Issuer, readIssuer } from "../../federation/x509/certify.ts";
import { bearable } from "../partialFailure.ts";
import { ANCHOR_FORMAT, type Inputs, type State } from "./inputs.ts";
import { sortedRoots } from "./roots.ts";
import { standingAnchors } from "./standing.ts";

/**
 * Makes an anchor for each root, unless the one that the last update made still stands.
 * @param olds outputs of the last update; left out at the first.
 * @throws Error that names every root of which no anchor can be made, and why.
 */
export function makeAnchors(inputs: Inputs, olds: State | undefined, now: Date): State {
  const { peer, trustDomain, rootCertificates, issuerCertificate } = inputs;
  const certificate = new X509Certificate(issuerCertificate);
  const roots = sortedRoots(rootCertificates);
  const standing = olds === undefined ? [] : standingAnchors(olds, inputs, now);
  const issuer = issuerOf(peer, certificate, inputs.issuerKey);
  const failures: string[] = [];
  const certificates = roots.map((root, index) => {
    try {
      return standing[index] ?? makeAnchor(root, issuer, trustDomain, now, randomBytes(SERIAL_BYTES));
    } catch (error) {
      failures.push(`the peer's root with SHA-256 ${root.fingerprint256} ${messageOf(error)}`);
      return "";
    }
  });
  if (failures.length > 0) {
    throw new Error([`no trust anchor for peer ${peer}:`, ...bearable(failures)].join("\n  - "));
  }
  const rootFingerprints = roots.map((root) => root.fingerprint256);
  const format = ANCHOR_FORMAT;
  return {
    format,
    trustDomain,
    rootFingerprints,
    issuerFingerprint: certificate.fingerprint256,
    certificates,
  };
}

function issuerOf(peer: string, certificate: X509Certificate, key: string): Issuer {
  try {
    return readIssuer(certificate, key);
  } catch (error) {
    throw new Error(`no trust anchor for peer ${peer}: our own root ${messageOf(error)}`, { cause: error });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
