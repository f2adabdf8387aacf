import { type KeyObject, createHash, createPublicKey, verify } from "node:crypto";
import forge from "node-forge";
import { quote } from "../quote.ts";
import { INTERMEDIATE_NAME } from "../wellKnown.ts";
import { type Authority, keyIdentifier } from "./authority.ts";
import { type Asn1, bytesOf, decode, encode, partsOf } from "./der.ts";
import { hasPlainEncoding, publicKeyFaults } from "./publicKey.ts";

const { derToOid } = forge.asn1;

/** Characters of a request: one for an RSA key of 8192 bits has 3,000. */
const REQUEST_LIMIT = 16_384;

const REQUEST =
  /^-----BEGIN CERTIFICATE REQUEST-----\s([A-Za-z0-9+/=\s]+)-----END CERTIFICATE REQUEST-----\s*$/;

/** Type of key and hash, by the object identifier of both together (RFC 4055, section 5; RFC 5758, section 3.2). */
const SIGNATURES: Readonly<Record<string, { type: "rsa" | "ec"; hash: string }>> = {
  "1.2.840.113549.1.1.11": { type: "rsa", hash: "sha256" },
  "1.2.840.113549.1.1.12": { type: "rsa", hash: "sha384" },
  "1.2.840.113549.1.1.13": { type: "rsa", hash: "sha512" },
  "1.2.840.10045.4.3.2": { type: "ec", hash: "sha256" },
  "1.2.840.10045.4.3.3": { type: "ec", hash: "sha384" },
  "1.2.840.10045.4.3.4": { type: "ec", hash: "sha512" },
};

const ORGANIZATION = "2.5.4.10";
const COMMON_NAME = "2.5.4.3";

/** UTF8String and PrintableString. */
const TEXT_TYPES: readonly number[] = [12, 19];

/** What a certificate signing request asks for, as far as anybody here cares: extensions that it asks for are nobody's. */
export interface CertificateRequest extends Pick<Authority, "subject" | "publicKeyInfo" | "keyIdentifier"> {
  publicKey: KeyObject;
}

/**
 * Reads a certificate signing request (RFC 2986) and checks that who asks has the key.
 * @param pem one request and nothing else.
 * @throws Error, completing "<the request> ...", when it is none or is not signed by its own key.
 */
export function readRequest(pem: string): CertificateRequest {
  const [, base64] = pem.length > REQUEST_LIMIT ? [] : (REQUEST.exec(pem) ?? []);
  if (base64 === undefined) throw new Error("is not one certificate signing request in PEM");
  const [content, algorithm, signature] = partsOf(decode(Buffer.from(base64, "base64").toString("latin1")));
  const [, subject, publicKeyInfo] = partsOf(content);
  if (content === undefined || subject === undefined || publicKeyInfo === undefined)
    throw new Error("is no certificate signing request: it has no subject or public key");
  const publicKey = readKey(publicKeyInfo);
  const { type, hash } = SIGNATURES[oidOf(partsOf(algorithm)[0])] ?? {};
  const bits = Buffer.from(bytesOf(signature).slice(1), "latin1");
  const signed = Buffer.from(encode(content), "latin1");
  if (hash === undefined || type !== publicKey.asymmetricKeyType || !verify(hash, signed, publicKey, bits))
    throw new Error("is not signed by its own key, with RSA or ECDSA and SHA-2");
  return { subject, publicKeyInfo, publicKey, keyIdentifier: keyIdentifier(publicKeyInfo) };
}

/**
 * What keeps a request from being signed: its key, or a name that is another's.
 * @param trustDomain of the cluster that may ask.
 * @returns each completes "<the request> ...".
 */
export function requestFaults(
  { subject, publicKeyInfo, publicKey }: CertificateRequest,
  trustDomain: string,
): string[] {
  const expected = [
    [ORGANIZATION, trustDomain],
    [COMMON_NAME, INTERMEDIATE_NAME],
  ];
  const given = attributesOf(subject);
  const isExpected =
    given.length === expected.length &&
    given.every(({ oid, text }, index) => oid === expected[index]?.[0] && text === expected[index][1]);
  return [
    ...publicKeyFaults(publicKey),
    ...(hasPlainEncoding(publicKey, publicKeyInfo) ? [] : ["has a public key in an unusual encoding"]),
    ...(isExpected
      ? []
      : [
          `has the subject ${quote(given.map(({ text }) => text ?? "?").join(", "))}, and must have ` +
            `O=${trustDomain}, CN=${INTERMEDIATE_NAME}`,
        ]),
  ];
}

/** SHA-256 of a request's public key (its SubjectPublicKeyInfo), as `AB:CD:...`. */
export function keyFingerprint({ publicKeyInfo }: Pick<CertificateRequest, "publicKeyInfo">): string {
  const digest = createHash("sha256").update(encode(publicKeyInfo), "latin1").digest("hex");
  return (digest.toUpperCase().match(/../g) ?? []).join(":");
}

/** A subject's attributes in order; of one that is no plain text, or beside another in a set, only that it is there. */
function attributesOf(subject: Asn1): { oid: string; text: string | undefined }[] {
  return partsOf(subject).map((set) => {
    const [attribute, ...others] = partsOf(set);
    const [oid, value] = partsOf(attribute);
    const isPlain = others.length === 0 && value !== undefined && TEXT_TYPES.includes(value.type);
    return { oid: oidOf(oid), text: isPlain ? bytesOf(value) : undefined };
  });
}

function oidOf(node: Asn1 | undefined): string {
  const bytes = bytesOf(node);
  return bytes === "" ? "" : derToOid(bytes);
}

function readKey(publicKeyInfo: Asn1): KeyObject {
  try {
    const key = Buffer.from(encode(publicKeyInfo), "latin1");
    return createPublicKey({ key, format: "der", type: "spki" });
  } catch {
    // OpenSSL's words are of no help.
    throw new Error("has a public key that cannot be read");
  }
}
