import { type X509Certificate, createHash } from "node:crypto";
import { type Authority, authorityFaults, hasPlainEncoding, parseAuthority } from "./authority.ts";
import { bitsOf, contentOf, isUniversal, partsOf, toDer } from "./der.ts";
import { parseFields } from "./certificateFields.ts";
import { isSignedBy, issuerNameFaults } from "./signature.ts";

/** Characters of a subject: many times the usual length. */
const SUBJECT_LIMIT = 1000;

/**
 * Line of a subject as Node formats it (RFC 2253's escapes, `\\ ` for a blank at an end, `\\09` for a control character): letters, digits
 * and characters that all verifiers take in names, without blanks that some fold and others do not.
 */
const ATTRIBUTE =
  /^[A-Za-z0-9.]+=(?:[\p{L}\p{M}\p{N}'()*&./:?_@!$%|~`^{}[\]-]|\\[,+"<>;=#\\]|[=#]|(?<! ) )*$/u;

/** Characters that are not of a PrintableString's alphabet, and that only some verifiers take there. */
const NOT_PRINTABLE = /[_@!$%|~`^{}[\]]/;

/**
 * Validates that all verifiers take a root. Envoy and istiod read a trust bundle as a whole, so one root that only some
 * verifiers can read would take all others in the bundle with it.
 * @returns faults, each completing "<the certificate> ...".
 */
export function rootFaults(certificate: X509Certificate): string[] {
  const { subject } = certificate;
  return [
    ...selfIssueFaults(certificate),
    ...(isPlainName(subject) && subject.length <= SUBJECT_LIMIT
      ? []
      : [
          "has a subject that is empty, very long, or has characters or spaces that not all verifiers accept",
        ]),
    ...authorityFaults(certificate, true),
    ...encodingFaults(certificate),
  ];
}

function selfIssueFaults(certificate: X509Certificate): string[] {
  const { subject, issuer, publicKey } = certificate;
  if (subject !== issuer || !isSignedBy(certificate, publicKey))
    return ["is not signed by its own key, as a root is"];
  try {
    const fields = parseFields(certificate);
    return issuerNameFaults(fields, fields);
  } catch {
    // No DER, or a malformed extension: a fault of its own.
    return [];
  }
}

function isPlainName(subject: string | undefined): boolean {
  return subject !== undefined && subject !== "" && subject.split("\n").every((line) => ATTRIBUTE.test(line));
}

function encodingFaults(certificate: X509Certificate): string[] {
  try {
    const authority = parseAuthority(certificate);
    return [
      ...(hasPlainEncoding(certificate.publicKey, authority.publicKeyInfo)
        ? []
        : ["has a public key in an unusual encoding"]),
      ...(isOwnIdentifier(authority) ? [] : ["has a key identifier that is no hash of its key"]),
      ...(printableStrings(authority).some((text) => NOT_PRINTABLE.test(text))
        ? ["has a subject with characters that its kind of string has not"]
        : []),
    ];
  } catch {
    // A fault already.
    return [];
  }
}

/**
 * Whether a key identifier is a hash of its key (RFC 5280, 4.2.1.2; RFC 7093, section 2). By it a verifier chooses between issuers of one
 * name, and anyone can copy another's.
 */
function isOwnIdentifier({ publicKeyInfo, keyIdentifier }: Authority): boolean {
  const hashes = ["sha1", "sha256", "sha384", "sha512"].flatMap((algorithm) =>
    [bitsOf(partsOf(publicKeyInfo)[1]), toDer(publicKeyInfo)].map((bytes) =>
      createHash(algorithm).update(bytes).digest(),
    ),
  );
  const { length } = keyIdentifier;
  return length >= 8 && hashes.some((hash) => hash.subarray(0, length).equals(keyIdentifier));
}

/** PrintableStrings of a subject. */
function printableStrings({ subject }: Authority): string[] {
  const values = partsOf(subject).flatMap((names) =>
    partsOf(names).map((attribute) => partsOf(attribute)[1]),
  );
  return values
    .filter((value) => isUniversal(value, "PRINTABLESTRING"))
    .map((value) => contentOf(value).toString("latin1"));
}
