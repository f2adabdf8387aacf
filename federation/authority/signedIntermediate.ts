import { X509Certificate } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { SERIAL_BYTES, readIssuer } from "../x509/certify.ts";
import { isDue, signIntermediate } from "../x509/intermediate.ts";
import { keyFingerprint, readRequest } from "../x509/request.ts";

/** Counts how intermediates are made: intermediates of another format are made anew. */
export const INTERMEDIATE_FORMAT = 1;

/** Everything that a cluster's intermediate under a shared root is made from, but the root's key. */
export interface IntermediateSource {
  trustDomain: string;
  /** DNS names and IP addresses of istiod. */
  istiodHosts: string[];
  /** Certificate signing request, PEM. */
  request: string;
  /** The shared root, PEM. */
  issuerCertificate: string;
}

/** Everything that an intermediate is signed with. */
export interface IntermediateRequest extends IntermediateSource {
  /** Name of the cluster, for messages. */
  cluster: string;
  /** Key of the shared root, PEM. */
  issuerKey: string;
}

/** An intermediate under a shared root, and what it was made from. */
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
 * Signs a cluster's request, unless the intermediate of the last update can stay.
 * @param last undefined the first time.
 * @param random returns so many random bytes.
 * @throws Error that says why the root cannot sign now.
 */
export function signRequest(
  asked: IntermediateRequest,
  last: SignedIntermediate | undefined,
  now: Date,
  random: (bytes: number) => Uint8Array,
): SignedIntermediate {
  if (last !== undefined && isStanding(last, asked, now)) return last;
  const { cluster, trustDomain, istiodHosts: hosts, issuerKey } = asked;
  const request = readRequest(asked.request);
  const root = new X509Certificate(asked.issuerCertificate);
  try {
    const issuer = readIssuer(root, issuerKey);
    const serial = random(SERIAL_BYTES);
    return {
      ...fingerprintsOf(asked),
      certificate: signIntermediate(request, issuer, { trustDomain, hosts }, now, serial),
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`no certificate for cluster ${cluster}: the shared root ${why}`, { cause: error });
  }
}

/**
 * Whether the intermediate of the last update can stay: made from the same key, names and issuer, intact, and not in its last
 * year.
 */
export function isStanding(last: SignedIntermediate, source: IntermediateSource, now: Date): boolean {
  // The engine's state holds more than these fields.
  const { format, trustDomain, istiodHosts, keyFingerprint: key, issuerFingerprint } = last;
  const made = { format, trustDomain, istiodHosts, keyFingerprint: key, issuerFingerprint };
  if (!isDeepStrictEqual(made, fingerprintsOf(source))) return false;
  const issuer = new X509Certificate(source.issuerCertificate);
  try {
    const certificate = new X509Certificate(last.certificate);
    return (
      certificate.publicKey.equals(readRequest(source.request).publicKey) &&
      certificate.verify(issuer.publicKey) &&
      !isDue({ intermediate: certificate.validToDate, root: issuer.validToDate }, now)
    );
  } catch {
    return false;
  }
}

/** Reduces the source to what the state keeps. Of the request only the key counts: the same key asked for again changes nothing. */
function fingerprintsOf(source: IntermediateSource): Omit<SignedIntermediate, "certificate"> {
  return {
    format: INTERMEDIATE_FORMAT,
    trustDomain: source.trustDomain,
    istiodHosts: source.istiodHosts,
    keyFingerprint: keyFingerprint(readRequest(source.request)),
    issuerFingerprint: new X509Certificate(source.issuerCertificate).fingerprint256,
  };
}
