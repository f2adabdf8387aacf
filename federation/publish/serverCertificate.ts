import type { X509Certificate } from "node:crypto";
import type { PublishConfig } from "../config/publish.ts";
import { PUBLISH_NAMESPACE } from "../core/wellKnown.ts";
import { utc } from "../core/text.ts";
import { certificateTexts, parseCertificate } from "../x509/certificate.ts";

/** A TLS Secret, without its key. */
export interface ServerSecret {
  /** Certificates, PEM, the server's first; undefined without the keys that Istio reads. */
  certificates: string | undefined;
}

const DAY = 86_400_000;

/**
 * Warns of a Secret by which the gateway cannot show a valid certificate for its host.
 * @param secret undefined when it is not there.
 * @param days before the end of the certificate from which on there is a warning.
 */
export function serverCertificateWarnings(
  { host, credentialName }: Pick<PublishConfig, "host" | "credentialName">,
  secret: ServerSecret | undefined,
  days: number,
  now: Date,
): string[] {
  const name = `${PUBLISH_NAMESPACE}/${credentialName}`;
  const complain = (rule: string, remedy: string): string[] => [
    `publish.credentialName: Secret ${name} ${rule}, so no peer reads the contract from https://${host}. ${remedy}`,
  ];
  const create = `kubectl create secret tls ${credentialName} -n ${PUBLISH_NAMESPACE} --cert=<file> --key=<file>`;
  if (secret === undefined)
    return complain("is not there", `Create it, after this update: \`${create}\`, or by cert-manager`);
  if (secret.certificates === undefined) {
    const rule = "is no TLS Secret: it has neither tls.crt and tls.key, nor cert and key";
    return complain(rule, `Create it anew: \`${create}\``);
  }
  const certificate = firstCertificate(secret.certificates);
  if (certificate === undefined)
    return complain("has no certificate in PEM", `Create it anew: \`${create}\``);
  const { validFromDate, validToDate } = certificate;
  const renew = "Renew it; the gateway takes a changed Secret without an update";
  if (certificate.checkHost(host, { subject: "never" }) === undefined)
    return complain(`has a certificate for other names (${namesOf(certificate)})`, "Issue one for this host");
  if (now < validFromDate)
    return complain(`has a certificate that is not valid before ${utc(validFromDate)}`, renew);
  if (now > validToDate) return complain(`has a certificate that has expired on ${utc(validToDate)}`, renew);
  const left = Math.floor((validToDate.getTime() - now.getTime()) / DAY);
  if (left >= days) return [];
  return [
    `publish.credentialName: the certificate in Secret ${name} expires on ${utc(validToDate)}, in ${left} day(s). ${renew}`,
  ];
}

function firstCertificate(pem: string): X509Certificate | undefined {
  const [first] = certificateTexts(pem);
  return first === undefined ? undefined : parseCertificate(first);
}

function namesOf({ subjectAltName = "none" }: X509Certificate): string {
  return subjectAltName.slice(0, 200);
}
