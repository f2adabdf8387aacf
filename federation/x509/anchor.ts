import { X509Certificate, sign } from "node:crypto";
import { readAuthority } from "./authority.ts";
import { type Asn1, encode, integer, objectIdentifier, plain, sequence, tagged, time } from "./der.ts";
import { anchorExtensions } from "./extensions.ts";
import type { Issuer } from "./issuer.ts";
import type { SignatureAlgorithm } from "./signatureAlgorithm.ts";
import { commonValidity, validityOf } from "./validity.ts";

/** As long as RFC 5280, 4.1.2.2, allows; one of the bits says that it is positive. */
export const SERIAL_BYTES = 20;

/**
 * Certifies a peer's root anew: subject and public key are the peer's, issuer is our own root, names are constrained.
 * @param trustDomain the only one for which the anchor is good.
 * @param random {@link SERIAL_BYTES} random bytes, for the serial number.
 * @returns PEM.
 * @throws Error, completing "<the peer's root> ...", when there can be no anchor.
 */
export function makeAnchor(
  certificate: X509Certificate,
  { authority, validity, key, algorithm }: Issuer,
  trustDomain: string,
  now: Date,
  random: Uint8Array,
): string {
  const { notBefore, notAfter } = commonValidity(validityOf(certificate), validity, now);
  const root = readAuthority(certificate);
  const content = sequence(
    tagged(0, [integer(2)]), // Version 3.
    plain("INTEGER", serialNumber(random)),
    identifierOf(algorithm),
    authority.subject,
    sequence(time(notBefore), time(notAfter)),
    root.subject,
    root.publicKeyInfo,
    anchorExtensions(root, authority, trustDomain),
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
