import { X509Certificate } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { keyFingerprint, parseRequest } from "../x509/request.ts";
import { isRenewalDue } from "../x509/validity.ts";

/** Version of the intermediates' format: intermediates of another one are signed again. */
const INTERMEDIATE_FORMAT = 1;

/** Sources of a cluster's intermediate under a shared root, without the root's key. */
export interface IntermediateSource {
  trustDomain: string;
  /** DNS names and IP addresses of istiod. */
  istiodHosts: string[];
  /** Certificate signing request, PEM. */
  request: string;
  /** The shared root, PEM. */
  issuerCertificate: string;
}

/** An intermediate under a shared root, and its sources. */
export interface SignedIntermediate {
  /** {@link INTERMEDIATE_FORMAT} of the program that made it. */
  format: number;
  trustDomain: string;
  istiodHosts: string[];
  /** SHA-256 of the certified public key, as `AB:CD:...`. */
  keyFingerprint: string;
  /** SHA-256 of the certificate that issued the intermediate. */
  issuerFingerprint: string;
  /** PEM. */
  certificate: string;
}

/**
 * Whether the intermediate of the last update is still right: same key, names and issuer, intact, and not in its last year.
 */
export function isIntermediateCurrent(
  last: SignedIntermediate,
  source: IntermediateSource,
  now: Date,
): boolean {
  // The engine's state holds more than these fields.
  const { format, trustDomain, istiodHosts, keyFingerprint: key, issuerFingerprint } = last;
  const made = { format, trustDomain, istiodHosts, keyFingerprint: key, issuerFingerprint };
  if (!isDeepStrictEqual(made, intermediateSource(source))) return false;
  const issuer = new X509Certificate(source.issuerCertificate);
  try {
    const certificate = new X509Certificate(last.certificate);
    return (
      certificate.publicKey.equals(parseRequest(source.request).publicKey) &&
      certificate.verify(issuer.publicKey) &&
      !isRenewalDue({ intermediate: certificate.validToDate, root: issuer.validToDate }, now)
    );
  } catch {
    return false;
  }
}

/** Reduces the source to the fields that the state keeps. Of the request only the key counts: the same key asked for again changes nothing. */
export function intermediateSource(source: IntermediateSource): Omit<SignedIntermediate, "certificate"> {
  return {
    format: INTERMEDIATE_FORMAT,
    trustDomain: source.trustDomain,
    istiodHosts: source.istiodHosts,
    keyFingerprint: keyFingerprint(parseRequest(source.request)),
    issuerFingerprint: new X509Certificate(source.issuerCertificate).fingerprint256,
  };
}
