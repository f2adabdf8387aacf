import { X509Certificate, type KeyObject, sign } from "node:crypto";
import { type Asn1, encode, integer, objectIdentifier, plain, sequence, tagged, time } from "./asn1.ts";
import { type Authority, readAuthority, caExtensions } from "./authority.ts";
import { parsePrivateKey, type SignatureAlgorithm, signatureAlgorithm } from "./keys.ts";
import { nameConstraints } from "./nameConstraints.ts";

/** When a certificate is valid, both ends included. */
export interface Validity {
  notBefore: Date;
  notAfter: Date;
}

export function validityOf({ validFromDate, validToDate }: X509Certificate): Validity {
  return { notBefore: validFromDate, notAfter: validToDate };
}

/**
 * The time in which a peer's root and our own are both valid: no anchor may outlive what it stands for or what it rests on.
 * @throws Error, completing "<the peer's root> ...", when there is no such time or it is over.
 */
export function commonValidity(root: Validity, issuer: Validity, now: Date): Validity {
  const notBefore = root.notBefore > issuer.notBefore ? root.notBefore : issuer.notBefore;
  const notAfter = root.notAfter < issuer.notAfter ? root.notAfter : issuer.notAfter;
  const spans = `is valid ${describeSpan(root)}, our own root ${describeSpan(issuer)}`;
  if (notBefore > notAfter) throw new Error(`${spans}: never both at once`);
  if (notAfter < now) throw new Error(`${spans}: not both any more. Renew the one that ran out`);
  return { notBefore, notAfter };
}

export function describeSpan({ notBefore, notAfter }: Validity): string {
  return `from ${notBefore.toISOString()} to ${notAfter.toISOString()}`;
}
/** Our own root, ready to issue. */
export interface Issuer {
  authority: Authority;
  validity: Validity;
  key: KeyObject;
  algorithm: SignatureAlgorithm;
}

/**
 * @param keyPem its private key.
 * @throws Error, completing "our own root ...", when it can issue no CA's certificate.
 */
export function readIssuer(certificate: X509Certificate, keyPem: string): Issuer {
  const key = parsePrivateKey(keyPem);
  const algorithm = key && signatureAlgorithm(key);
  if (key === undefined || algorithm === undefined) throw new Error("has no key that it can sign with");
  const authority = readAuthority(certificate);
  if (authority.pathLength === 0) throw new Error("may issue no CA's certificate: its path length is 0");
  return { authority, validity: validityOf(certificate), key, algorithm };
}
/** As long as RFC 5280, 4.1.2.2, allows; one of the bits says that it is positive. */
export const SERIAL_BYTES = 20;

/**
 * Issues a CA's certificate.
 * @param subject name, key and path length that it is to have, byte for byte.
 * @param constraints the names for which it is good, as `nameConstraints` makes them.
 * @param random {@link SERIAL_BYTES} random bytes, for the serial number.
 * @returns PEM.
 */
export function certify(
  subject: Authority,
  { authority, key, algorithm }: Issuer,
  constraints: Asn1,
  { notBefore, notAfter }: Validity,
  random: Uint8Array,
): string {
  const content = sequence(
    tagged(0, [integer(2)]), // Version 3.
    plain("INTEGER", serialNumber(random)),
    identifierOf(algorithm),
    authority.subject,
    sequence(time(notBefore), time(notAfter)),
    subject.subject,
    subject.publicKeyInfo,
    caExtensions(subject, authority, constraints),
  );
  const signature = sign(algorithm.hash, Buffer.from(encode(content), "latin1"), key);
  const bits = plain("BITSTRING", `\0${signature.toString("latin1")}`);
  const der = encode(sequence(content, identifierOf(algorithm), bits));
  return new X509Certificate(Buffer.from(der, "latin1")).toString();
}

function identifierOf({ oid, hasNull }: SignatureAlgorithm): Asn1 {
  return sequence(objectIdentifier(oid), ...(hasNull ? [plain("NULL", "")] : []));
}

function serialNumber(random: Uint8Array): string {
  const serial = Buffer.from(random);
  // Positive, and of no fewer bytes: DER has no leading zeros.
  serial.writeUInt8((serial.readUInt8(0) & 0x7f) | 0x40, 0);
  return serial.toString("latin1");
}
/**
 * Certifies a peer's root anew: subject and public key are the peer's, issuer is our own root, names are constrained.
 * @param trustDomain the only one for which the anchor is good.
 * @param random as {@link certify} takes them.
 * @returns PEM.
 * @throws Error, completing "<the peer's root> ...", when there can be no anchor.
 */
export function makeAnchor(
  certificate: X509Certificate,
  issuer: Issuer,
  trustDomain: string,
  now: Date,
  random: Uint8Array,
): string {
  const validity = commonValidity(validityOf(certificate), issuer.validity, now);
  return certify(readAuthority(certificate), issuer, nameConstraints(trustDomain), validity, random);
}
