import { type X509Certificate, createHash } from "node:crypto";
import { bytesOf, encode, partsOf } from "./asn1.ts";
import { type Authority, readAuthority } from "./authority.ts";
import { isIssuedBy } from "./chain.ts";
import { hasPlainEncoding, publicKeyFaults } from "./keys.ts";

/** Characters of a subject: many times what people write. */
const SUBJECT_LIMIT = 1000;

/**
 * A line of a subject as Node writes it (RFC 2253's escapes, `\\ ` for a blank at an end, `\\09` for a control character): letters, digits
 * and what all verifiers take in names, without blanks that some fold and others do not.
 */
const ATTRIBUTE =
  /^[A-Za-z0-9.]+=(?:[\p{L}\p{M}\p{N}'()*&./:?_@!$%|~`^{}[\]-]|\\[,+"<>;=#\\]|[=#]|(?<! ) )*$/u;

/** What verifiers disagree about in a PrintableString. */
const NOT_PRINTABLE = /[_@!$%|~`^{}[\]]/;

/**
 * What keeps a certificate from being put into everybody's trust bundle. One that only some verifiers can read would take all others in
 * the bundle with it: Envoy and istiod read it as a whole.
 * @returns each completes "<the certificate> ...".
 */
export function rootFaults(certificate: X509Certificate): string[] {
  const { publicKey, subject } = certificate;
  return [
    ...(isIssuedBy(certificate, certificate) ? [] : ["is not signed by its own key, as a root is"]),
    ...(isPlainName(subject) && subject.length <= SUBJECT_LIMIT
      ? []
      : ["has a subject that is empty, very long, or has characters or blanks which not all verifiers take"]),
    ...publicKeyFaults(publicKey),
    ...encodingFaults(certificate),
  ];
}

function isPlainName(subject: string | undefined): boolean {
  return subject !== undefined && subject !== "" && subject.split("\n").every((line) => ATTRIBUTE.test(line));
}

function encodingFaults(certificate: X509Certificate): string[] {
  try {
    const authority = readAuthority(certificate);
    return [
      ...(hasPlainEncoding(certificate.publicKey, authority.publicKeyInfo)
        ? []
        : ["has a public key in an unusual encoding"]),
      ...(isOwnIdentifier(authority) ? [] : ["has a key identifier that is no hash of its key"]),
      ...(printables(authority).some((text) => NOT_PRINTABLE.test(text))
        ? ["has a subject with characters that its kind of string has not"]
        : []),
    ];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

/**
 * By its key identifier, which anyone can copy, a verifier tells an issuer from others of its name: it must be the key's own (RFC 5280, 4.2.1.2;
 * RFC 7093, section 2).
 */
function isOwnIdentifier({ publicKeyInfo, keyIdentifier }: Authority): boolean {
  const bits = bytesOf(partsOf(publicKeyInfo)[1]).slice(1);
  const hashes = ["sha1", "sha256", "sha384", "sha512"].flatMap((algorithm) =>
    [bits, encode(publicKeyInfo)].map((text) =>
      createHash(algorithm).update(text, "latin1").digest().toString("latin1"),
    ),
  );
  const { length } = keyIdentifier;
  return length >= 8 && hashes.some((hash) => hash.slice(0, length) === keyIdentifier);
}

const PRINTABLE_STRING = 19;

/** The values of a subject that are PrintableStrings. */
function printables({ subject }: Authority): string[] {
  const values = partsOf(subject).flatMap((set) => partsOf(set).map((attribute) => partsOf(attribute)[1]));
  return values.flatMap((value) =>
    (value?.type as number | undefined) === PRINTABLE_STRING ? [bytesOf(value)] : [],
  );
}
