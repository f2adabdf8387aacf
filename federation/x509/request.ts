import { type KeyObject, createHash, createPublicKey, verify } from "node:crypto";
import forge from "node-forge";
import { quote } from "../core/text.ts";
import { INTERMEDIATE_NAME } from "../core/wellKnown.ts";
import {
  type Asn1,
  bytesOf,
  decode,
  encode,
  objectIdentifier,
  partsOf,
  plain,
  sequence,
  set,
} from "./asn1.ts";
import { type Authority, keyIdentifier } from "./authority.ts";
import { hasPlainEncoding, publicKeyFaults } from "./keys.ts";

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

/** Which of the two a text is depends on its characters, and on the program that writes it. */
const TEXT_TYPES = ["UTF8", "PRINTABLESTRING"] as const;

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
  const der = encode(subject);
  const isExpected = subjectsOf(trustDomain).some((expected) => encode(expected) === der);
  return [
    ...publicKeyFaults(publicKey),
    ...(hasPlainEncoding(publicKey, publicKeyInfo) ? [] : ["has a public key in an unusual encoding"]),
    ...(isExpected
      ? []
      : [
          `has the subject ${quote(textsOf(subject).join(", "))}, and must have ` +
            `O=${trustDomain}, CN=${INTERMEDIATE_NAME}`,
        ]),
  ];
}

/** SHA-256 of a request's public key (its SubjectPublicKeyInfo), as `AB:CD:...`. */
export function keyFingerprint({ publicKeyInfo }: Pick<CertificateRequest, "publicKeyInfo">): string {
  const digest = createHash("sha256").update(encode(publicKeyInfo), "latin1").digest("hex");
  return (digest.toUpperCase().match(/../g) ?? []).join(":");
}

/** The one name that a cluster's request may have, byte for byte as any program writes it: it is copied into a CA's certificate. */
function subjectsOf(trustDomain: string): Asn1[] {
  const attribute = (oid: string, type: (typeof TEXT_TYPES)[number], value: string): Asn1 =>
    set(sequence(objectIdentifier(oid), plain(type, value)));
  return TEXT_TYPES.flatMap((one) =>
    TEXT_TYPES.map((other) =>
      sequence(attribute(ORGANIZATION, one, trustDomain), attribute(COMMON_NAME, other, INTERMEDIATE_NAME)),
    ),
  );
}

/** What stands in a subject, for a message. */
function textsOf(subject: Asn1): string[] {
  return partsOf(subject).flatMap((names) =>
    partsOf(names).map((attribute) => bytesOf(partsOf(attribute)[1]) || "?"),
  );
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
