import {
  type CertificateFields,
  EXTENSIONS,
  type ExtensionName,
  extensionValue,
} from "./certificateFields.ts";
import { nameOf } from "./certificateFormat.ts";
import { type DerValue, bitsOf, isUniversal, oidOf, contentOf, integerOf, partsOf, tagOf } from "./der.ts";
import { TAGS, parseNameConstraints } from "./nameConstraints.ts";

/** Extended key usages, by object identifier (RFC 5280, 4.2.1.12). */
const PURPOSES: Readonly<Record<string, string>> = {
  "2.5.29.37.0": "anyExtendedKeyUsage",
  "1.3.6.1.5.5.7.3.1": "serverAuth",
  "1.3.6.1.5.5.7.3.2": "clientAuth",
  "1.3.6.1.5.5.7.3.3": "codeSigning",
  "1.3.6.1.5.5.7.3.4": "emailProtection",
  "1.3.6.1.5.5.7.3.8": "timeStamping",
  "1.3.6.1.5.5.7.3.9": "OCSPSigning",
};

/** Purposes of workloads' and istiod's certificates. */
const NEEDED = ["serverAuth", "clientAuth"];

/** Bit of keyCertSign in the first byte of a key usage. */
const CERT_SIGN = 0x04;

/** Extensions that both Go and Envoy's BoringSSL process, so that they may be critical. */
const PROCESSED: readonly ExtensionName[] = [
  "keyUsage",
  "subjectAltName",
  "basicConstraints",
  "nameConstraints",
  "certificatePolicies",
  "policyMappings",
  "policyConstraints",
  "extendedKeyUsage",
  "inhibitAnyPolicy",
];

/**
 * Validates the uses that a CA's certificate allows. Envoy's BoringSSL asks less of a root than Go (its `check_chain_extensions`).
 * @param isRoot whether it ends chains.
 * @returns faults, each completing "<the certificate> ...".
 */
export function usageFaults(fields: CertificateFields, isRoot: boolean): string[] {
  return [authorityFlagFaults, keyUsageFaults, purposeFaults, criticalFaults].flatMap((check) => {
    try {
      return check(fields, isRoot);
    } catch {
      // A malformed extension, which is a fault of the form.
      return [];
    }
  });
}

/** Number of CAs allowed between a CA and a leaf; undefined for any number. */
export function pathLengthOf(fields: CertificateFields): number | undefined {
  const length = partsOf(extensionValue(fields, "basicConstraints")).find((part) =>
    isUniversal(part, "INTEGER"),
  );
  // A longer number is more than any chain has.
  return length === undefined || contentOf(length).length > 4 ? undefined : integerOf(length);
}

function authorityFlagFaults(fields: CertificateFields): string[] {
  const [first] = partsOf(extensionValue(fields, "basicConstraints"));
  return isUniversal(first, "BOOLEAN") && contentOf(first)[0] !== 0 ? [] : ["is no CA's certificate"];
}

function keyUsageFaults(fields: CertificateFields): string[] {
  const value = extensionValue(fields, "keyUsage");
  if (value === undefined || ((bitsOf(value)[0] ?? 0) & CERT_SIGN) !== 0) return [];
  return ["has a keyUsage without keyCertSign, so it may sign no certificates"];
}

/** Each certificate of a chain restricts those below it: Go's `checkChainForKeyUsage`. */
function purposeFaults(fields: CertificateFields, isRoot: boolean): string[] {
  const value = extensionValue(fields, "extendedKeyUsage");
  if (value === undefined) return [];
  const purposes = partsOf(value)
    .map(oidOf)
    .map((oid) => PURPOSES[oid] ?? oid);
  if (NEEDED.every((purpose) => purposes.includes(purpose))) return [];
  // Envoy's BoringSSL does not know anyExtendedKeyUsage, and ignores the purposes of a root.
  if (isRoot && (purposes.length === 0 || purposes.includes("anyExtendedKeyUsage"))) return [];
  return [
    `is restricted by extendedKeyUsage ${purposes.join(", ")}: ` +
      "workloads are clients and servers, so it must have both serverAuth and clientAuth, or no extendedKeyUsage",
  ];
}

function criticalFaults(fields: CertificateFields, isRoot: boolean): string[] {
  const known = [...PROCESSED, ...(isRoot ? (["crlDistributionPoints"] as const) : [])];
  const processed: readonly string[] = known.map((name) => EXTENSIONS[name]);
  return fields.extensions
    .filter(({ critical }) => critical)
    .flatMap(({ oid }) => {
      if (!processed.includes(oid))
        return [`has the critical extension ${nameOf(oid)}, which Go or Envoy does not process`];
      if (oid === EXTENSIONS.nameConstraints) return formFaults(extensionValue(fields, "nameConstraints"));
      if (oid === EXTENSIONS.subjectAltName) return emptyNameFaults(extensionValue(fields, "subjectAltName"));
      return [];
    });
}

/** Go refuses a critical constraint of names that it does not check. */
function formFaults(value: DerValue | undefined): string[] {
  if (value === undefined) return [];
  const { permitted, excluded } = parseNameConstraints(value, true);
  const unknown = [...permitted, ...excluded].filter(
    ({ tag }) => ![TAGS.dns, TAGS.email, TAGS.ip, TAGS.uri].some((known) => known === tag),
  );
  if (unknown.length === 0) return [];
  const kind = unknown.some(({ tag }) => tag === TAGS.directory)
    ? "directory names"
    : "names of another kind";
  return [
    `has critical name constraints of ${kind}; Go knows those of DNS names, URIs, e-mail and IP addresses only`,
  ];
}

function emptyNameFaults(value: DerValue | undefined): string[] {
  const known: readonly number[] = [TAGS.dns, TAGS.email, TAGS.ip, TAGS.uri];
  return partsOf(value).some((name) => known.includes(tagOf(name)))
    ? []
    : ["has a critical subjectAltName without a name that Go knows"];
}
