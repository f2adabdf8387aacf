import { X509Certificate, sign } from "node:crypto";
import type { Authority } from "./authority.ts";
import { type Asn1, encode, integer, objectIdentifier, plain, sequence, tagged, time } from "./der.ts";
import { caExtensions } from "./extensions.ts";
import type { Issuer } from "./issuer.ts";
import type { SignatureAlgorithm } from "./signatureAlgorithm.ts";
import type { Validity } from "./validity.ts";

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
