import { X509Certificate } from "node:crypto";
import { z } from "zod";
import { canonicalCertificate } from "../federation/x509/fingerprint.ts";
import { parsePrivateKey, signatureAlgorithm } from "../federation/x509/keys.ts";
import { checkFields, containsUnknown } from "./checkFields.ts";

/** OpenSSL calls only that a CA which has basicConstraints CA:TRUE, and keyCertSign if it has a keyUsage. */
const NO_CA = "must be one certificate in PEM, of a CA that may sign certificates";
const NO_NAME = "has no subject, by which its certificates are to name it: make a root with one";
const NO_KEY = "must be an unencrypted private key in PEM (PKCS #1, SEC 1 or PKCS #8)";
const NO_PAIR = "issuerKey is not the key of issuerCertificate: give the key of our own root";
const UNFIT_KEY =
  "has a key that Envoy does not take: make a root with an RSA key, or an ECDSA key on P-256, P-384 or P-521";

/** By what a provider of ours signs certificates. */
export interface IssuerInputs {
  /** A root, PEM. */
  issuerCertificate: string;
  /** Its private key, PEM. */
  issuerKey: string;
}

const FIELDS = {
  issuerCertificate: judged((pem) => authorityFault(readCertificate(pem))),
  issuerKey: judged((pem) => (parsePrivateKey(pem) === undefined ? NO_KEY : undefined)),
};

/**
 * What is wrong with an issuer; not yet known is fine.
 * @returns a sentence each, which quotes nothing of what was given: it could be the key.
 */
export function issuerFaults(issuer: IssuerInputs): string[] {
  const faults = checkFields(FIELDS, { ...issuer }).map(({ property, reason }) => `${property} ${reason}`);
  return faults.length > 0 || isPair(issuer) ? faults : [NO_PAIR];
}

/** A text in which a rule finds no fault; not yet known is fine. */
export function judged(faultOf: (value: string) => string | undefined): z.ZodType<string> {
  return z.string().superRefine((value, context) => {
    const message = containsUnknown(value) ? undefined : faultOf(value);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });
}

/** A CA's certificate; `undefined` if it is none, or not known yet. */
export function readCertificate(pem: unknown): X509Certificate | undefined {
  const canonical = typeof pem === "string" ? canonicalCertificate(pem) : undefined;
  return canonical === undefined ? undefined : new X509Certificate(canonical);
}

/** What keeps a CA's certificate from signing, or from being signed. */
export function authorityFault(certificate: X509Certificate | undefined): string | undefined {
  if (certificate === undefined) return NO_CA;
  if (!certificate.subject) return NO_NAME;
  try {
    return signatureAlgorithm(certificate.publicKey) === undefined ? UNFIT_KEY : undefined;
  } catch {
    // OpenSSL itself knows no such key.
    return UNFIT_KEY;
  }
}

/** @returns true while one of them is not known yet. */
function isPair({ issuerCertificate, issuerKey }: IssuerInputs): boolean {
  if (containsUnknown([issuerCertificate, issuerKey])) return true;
  const key = parsePrivateKey(issuerKey);
  return key !== undefined && new X509Certificate(issuerCertificate).checkPrivateKey(key);
}
