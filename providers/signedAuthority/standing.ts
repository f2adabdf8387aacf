import { X509Certificate } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { isDue } from "../../federation/x509/intermediate.ts";
import { keyFingerprint, readRequest } from "../../federation/x509/request.ts";
import { AUTHORITY_FORMAT, type Inputs, type State } from "./inputs.ts";

/**
 * Whether the certificate that the last update made is still as it should be: made from the same key, names and issuer, intact, and not
 * in its last year. The request counts only by its key: the same key asked for again changes nothing.
 */
export function isStanding(
  olds: State,
  { trustDomain, istiodHosts, request, issuerCertificate }: Omit<Inputs, "cluster" | "issuerKey">,
  now: Date,
): boolean {
  const asked = readRequest(request);
  const issuer = new X509Certificate(issuerCertificate);
  const source = {
    format: AUTHORITY_FORMAT,
    trustDomain,
    istiodHosts,
    keyFingerprint: keyFingerprint(asked),
    issuerFingerprint: issuer.fingerprint256,
  };
  const { format, keyFingerprint: key, issuerFingerprint } = olds;
  const made = { format, trustDomain: olds.trustDomain, istiodHosts: olds.istiodHosts };
  if (!isDeepStrictEqual({ ...made, keyFingerprint: key, issuerFingerprint }, source)) return false;
  try {
    const certificate = new X509Certificate(olds.certificate);
    return (
      certificate.publicKey.equals(asked.publicKey) &&
      certificate.verify(issuer.publicKey) &&
      !isDue({ intermediate: certificate.validToDate, root: issuer.validToDate }, now)
    );
  } catch {
    return false;
  }
}
