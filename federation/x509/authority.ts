import { type X509Certificate, createHash } from "node:crypto";
import forge from "node-forge";
import {
  type Asn1,
  type Bytes,
  bytesOf,
  decode,
  isTagged,
  partsOf,
  EXTENSIONS,
  encode,
  integer,
  objectIdentifier,
  plain,
  sequence,
  tagged,
} from "./asn1.ts";

const { Class, Type, derToInteger, derToOid } = forge.asn1;

/** What a CA's certificate says of it and `node:crypto` does not tell. */
export interface Authority {
  /** The name, byte for byte: Go compares names so. */
  subject: Asn1;
  /** SubjectPublicKeyInfo, byte for byte. */
  publicKeyInfo: Asn1;
  /** By which certificates that it issues refer to its key. */
  keyIdentifier: Bytes;
  /** How many CAs may stand between it and a leaf; undefined for any number. */
  pathLength: number | undefined;
}

/**
 * Reads a CA's certificate.
 * @throws Error, completing "<whose root> ...", when it is not DER.
 */
export function readAuthority(certificate: X509Certificate): Authority {
  const fields = fieldsOf(certificate);
  // Version, unique identifiers and extensions are optional and have tags of their own (RFC 5280, 4.1).
  const [, , , , subject, publicKeyInfo] = fields.filter(({ tagClass }) => tagClass === Class.UNIVERSAL);
  if (subject === undefined || publicKeyInfo === undefined) throw new Error("has no subject or public key");
  const extensions = extensionsIn(fields);
  const constraints = partsOf(valueOf(extensions, EXTENSIONS.basicConstraints));
  const pathLength = constraints.find(({ type }) => type === Type.INTEGER);
  return {
    subject,
    publicKeyInfo,
    keyIdentifier:
      bytesOf(valueOf(extensions, EXTENSIONS.subjectKeyIdentifier)) || keyIdentifier(publicKeyInfo),
    pathLength: pathLength && derToInteger(bytesOf(pathLength)),
  };
}

/**
 * The value of one of a certificate's extensions; undefined when it has none such.
 * @throws Error, completing "<the certificate> ...", when it is not DER.
 */
export function extensionOf(
  certificate: X509Certificate,
  extension: keyof typeof EXTENSIONS,
): Asn1 | undefined {
  return valueOf(extensionsIn(fieldsOf(certificate)), EXTENSIONS[extension]);
}

function fieldsOf(certificate: X509Certificate): Asn1[] {
  const [content] = partsOf(decode(certificate.raw.toString("latin1")));
  return partsOf(content);
}

function extensionsIn(fields: readonly Asn1[]): Asn1[] {
  return partsOf(partsOf(fields.find((field) => isTagged(field, 3)))[0]);
}

/** The value of an extension, whose last part holds it in DER. */
function valueOf(extensions: readonly Asn1[], oid: string): Asn1 | undefined {
  const extension = extensions.map(partsOf).find(([id]) => derToOid(bytesOf(id)) === oid);
  return extension && decode(bytesOf(extension.at(-1)));
}

/** SHA-1 of the public key's bits (RFC 5280, 4.2.1.2, method 1); the first byte counts unused bits. */
export function keyIdentifier(publicKeyInfo: Asn1): Bytes {
  const bits = bytesOf(partsOf(publicKeyInfo)[1]).slice(1);
  return createHash("sha1").update(bits, "latin1").digest().toString("latin1");
}
const TRUE = "\xff";

/** keyCertSign and cRLSign, the bits 5 and 6 (RFC 5280, 4.2.1.3); the first byte counts unused bits. */
const CA_USES = "\x01\x06";

/** The extensions of a CA's certificate, for certain names only. */
export function caExtensions(subject: Authority, issuer: Authority, constraints: Asn1): Asn1 {
  const pathLength = subject.pathLength === undefined ? [] : [integer(subject.pathLength)];
  const extensions = sequence(
    extension("basicConstraints", true, sequence(plain("BOOLEAN", TRUE), ...pathLength)),
    extension("keyUsage", true, plain("BITSTRING", CA_USES)),
    extension("nameConstraints", true, constraints),
    extension("subjectKeyIdentifier", false, plain("OCTETSTRING", subject.keyIdentifier)),
    extension("authorityKeyIdentifier", false, sequence(tagged(0, issuer.keyIdentifier))),
  );
  return tagged(3, [extensions]);
}

/** FALSE is the default of `critical`, which DER leaves out. */
function extension(name: keyof typeof EXTENSIONS, isCritical: boolean, value: Asn1): Asn1 {
  const critical = isCritical ? [plain("BOOLEAN", TRUE)] : [];
  return sequence(objectIdentifier(EXTENSIONS[name]), ...critical, plain("OCTETSTRING", encode(value)));
}
