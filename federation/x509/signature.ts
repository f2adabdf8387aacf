import type { KeyObject, X509Certificate } from "node:crypto";
import { type CertificateFields, extensionValue } from "./certificateFields.ts";
import { type DerValue, contentOf, isTagged, oidOf, partsOf, toDer } from "./der.ts";

/** Signature algorithms that Go takes in certificates, by object identifier. */
const ACCEPTED = new Set([
  "1.2.840.113549.1.1.11",
  "1.2.840.113549.1.1.12",
  "1.2.840.113549.1.1.13",
  "1.2.840.10045.4.3.2",
  "1.2.840.10045.4.3.3",
  "1.2.840.10045.4.3.4",
  "1.3.101.112",
]);

/** Signature algorithms that Go refuses, by object identifier. */
const REFUSED: Readonly<Record<string, string>> = {
  "1.2.840.113549.1.1.2": "MD2 and RSA",
  "1.2.840.113549.1.1.4": "MD5 and RSA",
  "1.2.840.113549.1.1.5": "SHA-1 and RSA",
  "1.2.840.113549.1.1.14": "SHA-224 and RSA",
  "1.2.840.10040.4.3": "SHA-1 and DSA",
  "1.2.840.10045.4.1": "SHA-1 and ECDSA",
  "1.2.840.10045.4.3.1": "SHA-224 and ECDSA",
};

const RSA_PSS = "1.2.840.113549.1.1.10";

/** Parameters of RSA-PSS that Go and BoringSSL take: a SHA-2 hash, MGF1 by the same one, and salt as long as the hash (Go's `pssParameters`). */
const PSS_PARAMETERS = new Set(
  [
    [1, 32],
    [2, 48],
    [3, 64],
  ].map(([hash = 0, salt = 0]) => {
    const byte = (number: number): string => number.toString(16).padStart(2, "0");
    const sha2 = `300d06096086480165030402${byte(hash)}0500`;
    return `3034a00f${sha2}a11c301a06092a864886f70d010108${sha2}a2030201${byte(salt)}`;
  }),
);

/** Whether a certificate has been signed by a key. */
export function isSignedBy(certificate: X509Certificate, key: KeyObject): boolean {
  try {
    return certificate.verify(key);
  } catch {
    // OpenSSL knows no such key or algorithm.
    return false;
  }
}

/** Whether one certificate was issued by another: by name, and by signature. */
export function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && isSignedBy(certificate, issuer.publicKey);
}

/**
 * Validates that verifiers take a signature's algorithm. That of a root's own signature is verified by none.
 * @returns faults, each completing "<the certificate> ...".
 */
export function signatureFaults({ signatureAlgorithms: [algorithm] }: CertificateFields): string[] {
  const [type, parameters] = partsOf(algorithm);
  const oid = oidOf(type);
  if (ACCEPTED.has(oid)) return [];
  if (oid !== RSA_PSS)
    return [`is signed with ${REFUSED[oid] ?? oid}, which Go refuses: it must be SHA-256 or longer`];
  const der = parameters === undefined ? "" : toDer(parameters).toString("hex");
  return PSS_PARAMETERS.has(der)
    ? []
    : [
        "is signed with RSA-PSS and other parameters than a SHA-2 hash, MGF1 by that hash and salt of its length",
      ];
}

/**
 * Validates that a certificate names its issuer as the issuer names itself. Go compares names byte for byte, BoringSSL key identifiers too.
 * @returns faults, each completing "<the certificate> ...".
 */
export function issuerNameFaults(certificate: CertificateFields, issuer: CertificateFields): string[] {
  return [
    ...(toDer(certificate.issuer).equals(toDer(issuer.subject))
      ? []
      : ["does not name its issuer byte for byte as that certificate names its subject, as Go requires"]),
    ...(hasMatchingIdentifiers(certificate, issuer)
      ? []
      : ["has an authorityKeyIdentifier that is not its issuer's, and Envoy refuses it"]),
  ];
}

/** BoringSSL's `X509_check_akid`. */
function hasMatchingIdentifiers(certificate: CertificateFields, issuer: CertificateFields): boolean {
  const identifiers = partsOf(extensionValue(certificate, "authorityKeyIdentifier"));
  const partOf = (tag: number): DerValue | undefined => identifiers.find((part) => isTagged(part, tag));
  const subjectKey = extensionValue(issuer, "subjectKeyIdentifier");
  const [key, name, serial] = [partOf(0), partOf(1), partOf(2)];
  const names = partsOf(name)
    .filter((part) => isTagged(part, 4))
    .flatMap(partsOf);
  return (
    (key === undefined || subjectKey === undefined || contentOf(key).equals(contentOf(subjectKey))) &&
    (serial === undefined || contentOf(serial).equals(issuer.serialNumber)) &&
    (names[0] === undefined || toDer(names[0]).equals(toDer(issuer.issuer)))
  );
}
