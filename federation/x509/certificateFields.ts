import type { X509Certificate } from "node:crypto";
import { type DerValue, contentOf, isTagged, isUniversal, oidOf, parseDer, partsOf } from "./der.ts";

/** Extensions, by object identifier (RFC 5280, 4.2). */
export const EXTENSIONS = {
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  nameConstraints: "2.5.29.30",
  crlDistributionPoints: "2.5.29.31",
  certificatePolicies: "2.5.29.32",
  policyMappings: "2.5.29.33",
  authorityKeyIdentifier: "2.5.29.35",
  policyConstraints: "2.5.29.36",
  extendedKeyUsage: "2.5.29.37",
  inhibitAnyPolicy: "2.5.29.54",
  authorityInfoAccess: "1.3.6.1.5.5.7.1.1",
} as const;

export type ExtensionName = keyof typeof EXTENSIONS;

/** An extension of a certificate. */
export interface Extension {
  oid: string;
  critical: boolean;
  /** DER. */
  value: Buffer;
}

/** Fields of a certificate, byte for byte, as `node:crypto` does not show them. */
export interface CertificateFields {
  /** 1, 2 or 3. */
  version: number;
  /** Bytes of the INTEGER. */
  serialNumber: Buffer;
  /** AlgorithmIdentifier in the signed part, and beside the signature. */
  signatureAlgorithms: readonly [DerValue, DerValue];
  issuer: DerValue;
  /** UTCTime or GeneralizedTime. */
  validity: DerValue[];
  subject: DerValue;
  publicKeyInfo: DerValue;
  extensions: Extension[];
}

/**
 * Parses a certificate.
 * @throws Error, completing "<the certificate> ...", when it is not DER.
 */
export function parseFields(certificate: X509Certificate): CertificateFields {
  const [signed, outerAlgorithm] = partsOf(parseDer(certificate.raw));
  const fields = partsOf(signed);
  // The version is optional and has a tag of its own (RFC 5280, 4.1).
  const version = fields[0] !== undefined && isTagged(fields[0], 0) ? partsOf(fields[0])[0] : undefined;
  const [serialNumber, algorithm, issuer, validity, subject, publicKeyInfo, ...rest] =
    version === undefined ? fields : fields.slice(1);
  if (
    algorithm === undefined ||
    outerAlgorithm === undefined ||
    issuer === undefined ||
    subject === undefined ||
    publicKeyInfo === undefined
  )
    throw new Error("has no subject or public key");
  const list = partsOf(rest.find((field) => isTagged(field, 3)))[0];
  return {
    version: version === undefined ? 1 : (contentOf(version).at(-1) ?? 0) + 1,
    serialNumber: contentOf(serialNumber),
    signatureAlgorithms: [algorithm, outerAlgorithm],
    issuer,
    validity: partsOf(validity),
    subject,
    publicKeyInfo,
    extensions: partsOf(list).map(partsOf).map(toExtension),
  };
}

function toExtension(parts: readonly DerValue[]): Extension {
  const [id, flag] = parts;
  const critical = isUniversal(flag, "BOOLEAN") && contentOf(flag)[0] !== 0;
  return { oid: oidOf(id), critical, value: contentOf(parts.at(-1)) };
}

/** Returns the first extension of a kind; undefined when there is none. */
export function findExtension(
  { extensions }: Pick<CertificateFields, "extensions">,
  name: ExtensionName,
): Extension | undefined {
  return extensions.find(({ oid }) => oid === EXTENSIONS[name]);
}

/**
 * Parses the value of an extension.
 * @returns undefined when the certificate has no such extension.
 * @throws Error, completing "<the certificate> ...", when it is not DER.
 */
export function extensionValue(
  fields: Pick<CertificateFields, "extensions">,
  name: ExtensionName,
): DerValue | undefined {
  const found = findExtension(fields, name);
  return found && parseDer(found.value);
}
