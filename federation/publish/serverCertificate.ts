import type { X509Certificate } from "node:crypto";
import type { PublishConfig } from "../config/publish.ts";
import { PUBLISH_NAMESPACE } from "../core/wellKnown.ts";
import { utc } from "../core/text.ts";
import { certificateTexts, parseCertificate } from "../x509/certificate.ts";

/** A TLS Secret, without its key. */
export interface ServerSecret {
  /** Certificates, PEM, the server's first; undefined without the keys that Istio reads. */
  certificates: string | undefined;
  /** Whether the private key is that of the first certificate; undefined without both, or where one of them cannot be read. */
  isPair: boolean | undefined;
  /** Certificates of the authority by which the other side is verified, PEM; undefined without the keys that Istio reads. */
  authority: string | undefined;
}

const DAY = 86_400_000;

/** What is wrong with a certificate, and what to do. */
export interface CertificateProblem {
  /** Completes "<the Secret> ...". */
  rule: string;
  remedy: string;
  /** Whether it is still good, and ends soon. */
  isOnlyExpiring: boolean;
}

/**
 * Finds why a proxy cannot show a valid certificate of a Secret for these hosts, or cannot for long.
 * @param hosts DNS names, or wildcards such as `*.example.com`; empty where any name will do.
 * @param days before the end of the certificate from which on it is a problem.
 * @returns the first problem; undefined when there is none.
 */
export function certificateProblem(
  { certificates, isPair }: ServerSecret,
  hosts: readonly string[],
  days: number,
  now: Date,
): CertificateProblem | undefined {
  const wrong = (rule: string, remedy: string): CertificateProblem => ({
    rule,
    remedy,
    isOnlyExpiring: false,
  });
  if (certificates === undefined)
    return wrong("is no TLS Secret: it has neither tls.crt and tls.key, nor cert and key", "Create it anew");
  const certificate = firstCertificate(certificates);
  if (certificate === undefined) return wrong("has no certificate in PEM", "Create it anew");
  if (isPair === false)
    return wrong(
      "has a private key that is not its certificate's",
      "Create it anew, with the key of the certificate",
    );
  const uncovered = hosts.find((host) => !coversHost(certificate, host));
  if (uncovered !== undefined)
    return wrong(
      `has a certificate for other names (${namesOf(certificate)})`,
      hosts.length === 1 ? "Issue one for this host" : `Issue one that is for ${uncovered} too`,
    );
  return lifeProblem(certificate, "certificate", days, now);
}

/** Finds why the other side cannot be verified by the authority of a Secret, or cannot for long; see {@link certificateProblem}. */
export function authorityProblem(authority: string, days: number, now: Date): CertificateProblem | undefined {
  const texts = certificateTexts(authority);
  const certificates = texts.map(parseCertificate);
  if (certificates.length === 0 || certificates.includes(undefined))
    return {
      rule: "has a CA that is not in PEM",
      remedy: "Put the certificates of the authority there, in PEM",
      isOnlyExpiring: false,
    };
  const problems = certificates.map(
    (certificate) => certificate && lifeProblem(certificate, "CA", days, now),
  );
  // One that is good is enough.
  return problems.includes(undefined) ? undefined : problems[0];
}

const RENEW = "Renew it; the gateway takes a changed Secret without an update";

function lifeProblem(
  { validFromDate, validToDate }: X509Certificate,
  what: string,
  days: number,
  now: Date,
): CertificateProblem | undefined {
  const problem = (rule: string, isOnlyExpiring = false): CertificateProblem => ({
    rule,
    remedy: RENEW,
    isOnlyExpiring,
  });
  if (now < validFromDate) return problem(`has a ${what} that is not valid before ${utc(validFromDate)}`);
  if (now > validToDate) return problem(`has a ${what} that has expired on ${utc(validToDate)}`);
  const left = Math.floor((validToDate.getTime() - now.getTime()) / DAY);
  return left >= days
    ? undefined
    : problem(`has a ${what} that expires on ${utc(validToDate)}, in ${left} day(s)`, true);
}

/** Whether a certificate is for a host; a wildcard needs one of the same or a higher level. */
function coversHost(certificate: X509Certificate, host: string): boolean {
  const name = host.startsWith("*.") ? `any-name${host.slice(1)}` : host;
  return certificate.checkHost(name, { subject: "never" }) !== undefined;
}

/**
 * Warns of a Secret by which the gateway that serves the contract cannot show a valid certificate for its host.
 * @param secret undefined when it is not there.
 * @param days before the end of the certificate from which on there is a warning.
 */
export function serverCertificateWarnings(
  { host, credentialName }: Pick<PublishConfig, "host" | "credentialName">,
  secret: ServerSecret | undefined,
  days: number,
  now: Date,
): string[] {
  const name = `publish.credentialName: Secret ${PUBLISH_NAMESPACE}/${credentialName}`;
  const unread = `so no peer reads the contract from https://${host}`;
  const create = `\`kubectl create secret tls ${credentialName} -n ${PUBLISH_NAMESPACE} --cert=<file> --key=<file>\``;
  if (secret === undefined)
    return [`${name} is not there, ${unread}. Create it, after this update: ${create}, or by cert-manager`];
  const problem = certificateProblem(secret, [host], days, now);
  if (problem === undefined) return [];
  const { rule, remedy, isOnlyExpiring } = problem;
  if (isOnlyExpiring) return [`${name} ${rule}. ${remedy}`];
  return [`${name} ${rule}, ${unread}. ${remedy === "Create it anew" ? `${remedy}: ${create}` : remedy}`];
}

function firstCertificate(pem: string): X509Certificate | undefined {
  const [first] = certificateTexts(pem);
  return first === undefined ? undefined : parseCertificate(first);
}

function namesOf({ subjectAltName = "none" }: X509Certificate): string {
  return subjectAltName.slice(0, 200);
}
