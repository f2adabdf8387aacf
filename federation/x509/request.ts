import { type KeyObject, createHash, createPublicKey, verify } from "node:crypto";
import { quote } from "../core/text.ts";
import { INTERMEDIATE_NAME } from "../core/wellKnown.ts";
import { type Authority, hasPlainEncoding, hashKey } from "./authority.ts";
import { type DerValue, bitsOf, contentOf, isOid, isUniversal, parseDer, partsOf, toDer } from "./der.ts";
import { publicKeyFaults } from "./keys.ts";

/** Characters of a request: one for an RSA key of 8192 bits has 3,000. */
const REQUEST_LIMIT = 16_384;

const REQUEST =
  /^-----BEGIN CERTIFICATE REQUEST-----\s([A-Za-z0-9+/=\s]+)-----END CERTIFICATE REQUEST-----\s*$/;

/** Key types and hashes, by the object identifier of both together (RFC 4055, section 5; RFC 5758, section 3.2). */
const SIGNATURES = [
  { oid: "1.2.840.113549.1.1.11", type: "rsa", hash: "sha256" },
  { oid: "1.2.840.113549.1.1.12", type: "rsa", hash: "sha384" },
  { oid: "1.2.840.113549.1.1.13", type: "rsa", hash: "sha512" },
  { oid: "1.2.840.10045.4.3.2", type: "ec", hash: "sha256" },
  { oid: "1.2.840.10045.4.3.3", type: "ec", hash: "sha384" },
  { oid: "1.2.840.10045.4.3.4", type: "ec", hash: "sha512" },
];

/** Attributes of a subject, by object identifier. */
const ORGANIZATION = "2.5.4.10";
const COMMON_NAME = "2.5.4.3";

/** Fields of a certificate signing request that are certified. The extensions that it asks for are ignored. */
export interface CertificateRequest extends Pick<Authority, "subject" | "publicKeyInfo" | "keyIdentifier"> {
  publicKey: KeyObject;
}

/**
 * Parses a certificate signing request (RFC 2986) and verifies its signature, by which the sender has the key.
 * @param pem one request and nothing else.
 * @throws Error, completing "<the request> ...", when it is none or is not signed by its own key.
 */
export function parseRequest(pem: string): CertificateRequest {
  const [, base64] = pem.length > REQUEST_LIMIT ? [] : (REQUEST.exec(pem) ?? []);
  if (base64 === undefined) throw new Error("is not one certificate signing request in PEM");
  const [content, algorithm, signature] = partsOf(parseDer(Buffer.from(base64, "base64")));
  const [, subject, publicKeyInfo] = partsOf(content);
  if (content === undefined || subject === undefined || publicKeyInfo === undefined)
    throw new Error("is no certificate signing request: it has no subject or public key");
  const publicKey = parsePublicKey(publicKeyInfo);
  const [oid] = partsOf(algorithm);
  const { type, hash } = SIGNATURES.find((one) => isOid(oid, one.oid)) ?? {};
  if (
    hash === undefined ||
    type !== publicKey.asymmetricKeyType ||
    !verify(hash, toDer(content), publicKey, bitsOf(signature))
  )
    throw new Error("is not signed by its own key, with RSA or ECDSA and SHA-2");
  return { subject, publicKeyInfo, publicKey, keyIdentifier: hashKey(publicKeyInfo) };
}

/**
 * Validates that a request may be signed: by its key, and by its subject.
 * @param trustDomain of the cluster that may ask.
 * @returns faults, each completing "<the request> ...".
 */
export function requestFaults(
  { subject, publicKeyInfo, publicKey }: CertificateRequest,
  trustDomain: string,
): string[] {
  return [
    ...publicKeyFaults(publicKey),
    ...(hasPlainEncoding(publicKey, publicKeyInfo) ? [] : ["has a public key in an unusual encoding"]),
    ...(isSubjectOf(trustDomain, subject)
      ? []
      : [
          `has the subject ${quote(textsOf(subject).join(", "))}, and must have ` +
            `O=${trustDomain}, CN=${INTERMEDIATE_NAME}`,
        ]),
  ];
}

/** SHA-256 of a request's public key (its SubjectPublicKeyInfo), as `AB:CD:...`. */
export function keyFingerprint({ publicKeyInfo }: Pick<CertificateRequest, "publicKeyInfo">): string {
  const digest = createHash("sha256").update(toDer(publicKeyInfo)).digest("hex");
  return (digest.toUpperCase().match(/../g) ?? []).join(":");
}

/**
 * Whether a subject is the one that a cluster's request may have. It is copied into a CA's certificate, so each byte counts; only the type of
 * its texts, UTF8String or PrintableString, depends on the program that wrote the request.
 */
function isSubjectOf(trustDomain: string, subject: DerValue): boolean {
  const [organization, commonName] = membersOf(subject, "SEQUENCE", 2);
  return (
    isAttribute(organization, ORGANIZATION, trustDomain) &&
    isAttribute(commonName, COMMON_NAME, INTERMEDIATE_NAME)
  );
}

function isAttribute(name: DerValue | undefined, oid: string, text: string): boolean {
  const [attribute] = membersOf(name, "SET", 1);
  const [type, value] = membersOf(attribute, "SEQUENCE", 2);
  return (
    isOid(type, oid) &&
    (isUniversal(value, "UTF8") || isUniversal(value, "PRINTABLESTRING")) &&
    contentOf(value).equals(Buffer.from(text))
  );
}

/** Values that a value of this type is constructed of; none if it has another type or number of them. */
function membersOf(value: DerValue | undefined, type: "SEQUENCE" | "SET", count: number): DerValue[] {
  const parts = isUniversal(value, type) ? partsOf(value) : [];
  return parts.length === count ? parts : [];
}

/** Texts of a subject, for a message. */
function textsOf(subject: DerValue): string[] {
  return partsOf(subject).flatMap((names) =>
    partsOf(names).map((attribute) => contentOf(partsOf(attribute)[1]).toString("latin1") || "?"),
  );
}

function parsePublicKey(publicKeyInfo: DerValue): KeyObject {
  try {
    return createPublicKey({ key: toDer(publicKeyInfo), format: "der", type: "spki" });
  } catch {
    // OpenSSL's reason is of no help.
    throw new Error("has a public key that cannot be read");
  }
}
