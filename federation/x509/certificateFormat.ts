import { messageOf } from "../core/text.ts";
import {
  type CertificateFields,
  type Extension,
  EXTENSIONS,
  type ExtensionName,
  findExtension,
} from "./certificateFields.ts";
import {
  type DerValue,
  bitsOf,
  contentOf,
  isUniversal,
  oidOf,
  parseDer,
  partsOf,
  tagOf,
  toDer,
} from "./der.ts";
import { parseNameConstraints } from "./nameConstraints.ts";

const RSA = "1.2.840.113549.1.1.1";
const ECDSA = "1.2.840.10045.2.1";

/** RFC 5280, 4.1.2.5; Go and BoringSSL parse no other form. */
const TIME = /^(?:\d{12}|\d{14})Z$/;

/** Characters that Go takes in a PrintableString: `*` and `&` too, as old certificates have them. */
const PRINTABLE = /^[A-Za-z0-9'()*+,\-./ :=?&]*$/;

/** Extensions that are refused where they are critical (RFC 5280: "MUST mark this extension as non-critical"). */
const NEVER_CRITICAL: readonly ExtensionName[] = [
  "subjectKeyIdentifier",
  "authorityKeyIdentifier",
  "authorityInfoAccess",
];

/**
 * Validates the form of a certificate: by Go's `x509.ParseCertificate`, which refuses more than OpenSSL. A certificate that it cannot parse is
 * missing for istiod, silently where it is one of several.
 * @returns faults, each completing "<the certificate> ...".
 */
export function formatFaults(fields: CertificateFields): string[] {
  const { version, serialNumber, signatureAlgorithms, validity, extensions } = fields;
  const [inner, outer] = signatureAlgorithms;
  const oids = extensions.map(({ oid }) => oid);
  const repeated = oids.filter((oid, index) => oids.indexOf(oid) < index);
  return [
    ...(version === 3 ? [] : [`is of X.509 version ${version}: a CA's certificate has version 3`]),
    ...((serialNumber[0] ?? 0) < 0x80 ? [] : ["has a negative serial number, which Go refuses"]),
    ...(toDer(inner).equals(toDer(outer)) ? [] : ["names two different signature algorithms"]),
    ...(validity.every(isTime) ? [] : ["has a validity that is not in the form of RFC 5280, 4.1.2.5"]),
    ...(["subject", "issuer"] as const)
      .filter((name) => !isReadableName(fields[name]))
      .map((name) => `has a text in its ${name} that Go cannot read`),
    ...keyFormatFaults(fields.publicKeyInfo),
    ...[...new Set(repeated)].map((oid) => `has extension ${nameOf(oid)} twice`),
    ...NEVER_CRITICAL.filter((name) => findExtension(fields, name)?.critical === true).map(
      (name) => `has a critical ${name}, which must not be critical`,
    ),
    ...extensions.flatMap(extensionFaults),
  ];
}

/** Formats an object identifier: by the extension's name where it is known. */
export function nameOf(oid: string): string {
  return Object.entries(EXTENSIONS).find(([, known]) => known === oid)?.[0] ?? oid;
}

function isTime(value: DerValue): boolean {
  return TIME.test(contentOf(value).toString("latin1"));
}

/** Whether Go reads all texts of a name (its `parseASN1String`). */
function isReadableName(name: DerValue): boolean {
  return partsOf(name).every((names) =>
    partsOf(names).every((attribute) => isReadable(partsOf(attribute)[1])),
  );
}

function isReadable(value: DerValue | undefined): boolean {
  const bytes = contentOf(value);
  const text = bytes.toString("latin1");
  if (isUniversal(value, "UTF8")) return Buffer.from(bytes.toString("utf8")).equals(bytes);
  if (isUniversal(value, "PRINTABLESTRING")) return PRINTABLE.test(text);
  // NumericString and T61String are not among node-forge's types.
  const type = value && tagOf(value);
  if (type === 18) return /^[0-9 ]*$/.test(text);
  if (isUniversal(value, "IA5STRING")) return isAscii(bytes);
  if (isUniversal(value, "BMPSTRING")) return isBmp(bytes);
  return type === 20;
}

function isBmp(bytes: Buffer): boolean {
  if (bytes.length % 2 !== 0) return false;
  for (let index = 0; index < bytes.length; index += 2) {
    const point = bytes.readUInt16BE(index);
    if (point >= 0xfffe || (point >= 0xfdd0 && point <= 0xfdef) || (point >= 0xd800 && point <= 0xdfff))
      return false;
  }
  return true;
}

function isAscii(bytes: Buffer): boolean {
  return bytes.every((byte) => byte < 0x80);
}

/** Go reads RSA keys with NULL parameters, and points of named curves that are not compressed. */
function keyFormatFaults(publicKeyInfo: DerValue): string[] {
  const [algorithm, key] = partsOf(publicKeyInfo);
  const [type, parameters] = partsOf(algorithm);
  if (oidOf(type) === RSA && !isUniversal(parameters, "NULL"))
    return ["has an RSA key without NULL parameters, which Go refuses"];
  if (oidOf(type) !== ECDSA) return [];
  return [
    ...(isUniversal(parameters, "OID") ? [] : ["has an ECDSA key whose curve is not given by name"]),
    ...(bitsOf(key)[0] === 4 ? [] : ["has an ECDSA key with a compressed point, which Go refuses"]),
  ];
}

function extensionFaults(extension: Extension): string[] {
  const check = CHECKS[nameOf(extension.oid)];
  if (check === undefined) return [];
  const malformed = `has a malformed ${nameOf(extension.oid)}`;
  try {
    return check(parseDer(extension.value)) ? [] : [malformed];
  } catch (error) {
    return [`${malformed}: it ${messageOf(error)}`];
  }
}

/** Whether the value of an extension has the form that Go reads; throws an error that completes "it ...". */
const CHECKS: Readonly<Record<string, (value: DerValue) => boolean>> = {
  subjectKeyIdentifier: (value) => isUniversal(value, "OCTETSTRING"),
  keyUsage: (value) => isUniversal(value, "BITSTRING"),
  subjectAltName: (value) => isUniversal(value, "SEQUENCE") && partsOf(value).every(isReadableAltName),
  basicConstraints: isBasicConstraints,
  nameConstraints: isNameConstraints,
  crlDistributionPoints: isSequenceOf("SEQUENCE"),
  certificatePolicies: isPolicies,
  policyMappings: (value) => isSequenceOf("SEQUENCE")(value) && partsOf(value).every(isSequenceOf("OID")),
  authorityKeyIdentifier: (value) => isUniversal(value, "SEQUENCE"),
  policyConstraints: (value) => isUniversal(value, "SEQUENCE"),
  extendedKeyUsage: isSequenceOf("OID"),
  inhibitAnyPolicy: (value) => isUniversal(value, "INTEGER"),
  authorityInfoAccess: isSequenceOf("SEQUENCE"),
};

function isSequenceOf(type: "OID" | "SEQUENCE"): (value: DerValue) => boolean {
  return (value) => isUniversal(value, "SEQUENCE") && partsOf(value).every((part) => isUniversal(part, type));
}

function isBasicConstraints(value: DerValue): boolean {
  const [first, second] = partsOf(value);
  const length = isUniversal(first, "BOOLEAN") ? second : first;
  return (
    isUniversal(value, "SEQUENCE") &&
    // An unsigned number that fits into 63 bits.
    (length === undefined || !isUniversal(length, "INTEGER") || isUnsigned(contentOf(length)))
  );
}

function isNameConstraints(value: DerValue): boolean {
  parseNameConstraints(value, false);
  return isUniversal(value, "SEQUENCE");
}

function isUnsigned(bytes: Buffer): boolean {
  return bytes.length > 0 && bytes.length <= 8 && (bytes[0] ?? 0) < 0x80;
}

function isPolicies(value: DerValue): boolean {
  const oids = partsOf(value).map((policy) => oidOf(partsOf(policy)[0]));
  return isSequenceOf("SEQUENCE")(value) && !oids.includes("") && new Set(oids).size === oids.length;
}

/** E-mail addresses, DNS names and URIs are ASCII, IP addresses have 4 or 16 bytes; other kinds are ignored. */
function isReadableAltName(name: DerValue): boolean {
  const tag = tagOf(name);
  const bytes = contentOf(name);
  if (tag === 7) return bytes.length === 4 || bytes.length === 16;
  return ![1, 2, 6].includes(tag) || isAscii(bytes);
}
