import { X509Certificate } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { isDue } from "../../federation/x509/intermediate.ts";
import { keyFingerprint, readRequest } from "../../federation/x509/request.ts";
import { AUTHORITY_FORMAT, type Inputs, type State } from "./inputs.ts";

/** What a certificate is made from, as the state tells it. The request counts only by its key: the same key asked for again changes nothing. */
export function sourceOf({
  trustDomain,
  istiodHosts,
  request,
  issuerCertificate,
}: Omit<Inputs, "cluster" | "issuerKey">): Omit<State, "certificate"> {
  return {
    format: AUTHORITY_FORMAT,
    trustDomain,
    istiodHosts,
    keyFingerprint: keyFingerprint(readRequest(request)),
    issuerFingerprint: new X509Certificate(issuerCertificate).fingerprint256,
  };
}

/**
 * Whether the certificate that the last update made is still as it should be: made from the same key, names and issuer, intact, and not
 * in its last year.
 */
export function isStanding(olds: State, inputs: Omit<Inputs, "cluster" | "issuerKey">, now: Date): boolean {
  // The engine's state holds more than ours.
  const { format, trustDomain, istiodHosts, keyFingerprint: key, issuerFingerprint } = olds;
  const made = { format, trustDomain, istiodHosts, keyFingerprint: key, issuerFingerprint };
  if (!isDeepStrictEqual(made, sourceOf(inputs))) return false;
  const issuer = new X509Certificate(inputs.issuerCertificate);
  try {
    const certificate = new X509Certificate(olds.certificate);
    return (
      certificate.publicKey.equals(readRequest(inputs.request).publicKey) &&
      certificate.verify(issuer.publicKey) &&
      !isDue({ intermediate: certificate.validToDate, root: issuer.validToDate }, now)
    );
  } catch {
    return false;
  }
}
