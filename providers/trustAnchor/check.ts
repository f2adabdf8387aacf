import { X509Certificate } from "node:crypto";
import type * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { canonicalCertificate } from "../../federation/certificate.ts";
import { DNS_LABEL } from "../../federation/hostname.ts";
import { TRUST_DOMAIN } from "../../federation/spiffe.ts";
import { parsePrivateKey } from "../../federation/x509/privateKey.ts";
import { signatureAlgorithm } from "../../federation/x509/signatureAlgorithm.ts";
import { checkFields, containsUnknown, text } from "../checkFields.ts";
import type { Inputs } from "./inputs.ts";

/** OpenSSL calls only that a CA which has basicConstraints CA:TRUE, and keyCertSign if it has a keyUsage. */
const NO_CA = "must be one certificate in PEM, of a CA that may sign certificates";
const NO_NAME = "has no subject, by which its certificates are to name it: make a root with one";
const NO_KEY = "must be an unencrypted private key in PEM (PKCS #1, SEC 1 or PKCS #8)";
const NO_PAIR = "issuerKey is not the key of issuerCertificate: give the key of our own root";
const UNFIT_KEY =
  "has a key that Envoy does not take: make a root with an RSA key, or an ECDSA key on P-256, P-384 or P-521";
const SAME_NAME =
  "has the subject of our own root, for which verifiers could take it: make a root with another one";

const ISSUER_FIELDS = {
  issuerCertificate: judged((pem) => authorityFault(readCertificate(pem))),
  issuerKey: judged((pem) => (parsePrivateKey(pem) === undefined ? NO_KEY : undefined)),
};

/**
 * Validates the inputs; whether a root has run out is judged when its anchor is made. No failure quotes what was given for
 * a certificate or a key: it could be the key.
 * @returns every failure.
 */
export function check(_olds: Partial<Inputs>, news: Inputs): pulumi.dynamic.CheckResult<Inputs> {
  const issuer = readCertificate(news.issuerCertificate);
  const rootFault = (pem: string): string | undefined => {
    const root = readCertificate(pem);
    return (
      authorityFault(root) ?? (root && issuer && nameOf(root) === nameOf(issuer) ? SAME_NAME : undefined)
    );
  };
  const fields = {
    peer: text(DNS_LABEL),
    trustDomain: text(TRUST_DOMAIN),
    rootCertificates: z.array(judged(rootFault)).min(1, "must hold at least one root certificate"),
  };
  const issuerFaults = checkFields(ISSUER_FIELDS, { ...news }).map(
    ({ property, reason }) => `${property} ${reason}`,
  );
  if (issuerFaults.length === 0 && !isPair(news)) issuerFaults.push(NO_PAIR);
  return {
    inputs: news,
    failures: [
      ...checkFields(fields, { ...news }),
      // The engine prints a property's value along with the reason: that of the peer's name tells nothing.
      ...issuerFaults.map((reason) => ({ property: "peer", reason })),
    ],
  };
}

/** A text in which a rule finds no fault; not yet known is fine. */
function judged(faultOf: (value: string) => string | undefined): z.ZodType<string> {
  return z.string().superRefine((value, context) => {
    const message = containsUnknown(value) ? undefined : faultOf(value);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });
}

/** A CA's certificate; `undefined` if it is none, or not known yet. */
function readCertificate(pem: unknown): X509Certificate | undefined {
  const canonical = typeof pem === "string" ? canonicalCertificate(pem) : undefined;
  return canonical === undefined ? undefined : new X509Certificate(canonical);
}

function authorityFault(certificate: X509Certificate | undefined): string | undefined {
  if (certificate === undefined) return NO_CA;
  if (!certificate.subject) return NO_NAME;
  try {
    return signatureAlgorithm(certificate.publicKey) === undefined ? UNFIT_KEY : undefined;
  } catch {
    // OpenSSL itself knows no such key.
    return UNFIT_KEY;
  }
}

/** As far as verifiers tell names apart: RFC 5280, section 7.1, folds case and blanks. */
function nameOf(certificate: X509Certificate): string {
  return certificate.subject.toLowerCase().replace(/\s/g, "");
}

/** @returns true while one of them is not known yet. */
function isPair({ issuerCertificate, issuerKey }: Inputs): boolean {
  if (containsUnknown([issuerCertificate, issuerKey])) return true;
  const key = parsePrivateKey(issuerKey);
  return key !== undefined && new X509Certificate(issuerCertificate).checkPrivateKey(key);
}
