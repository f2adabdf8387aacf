/** The one file that writes certificates: previews do not load it, as @peculiar/asn1-x509 takes longer to load than all else here. */
import { X509Certificate, type KeyObject, sign } from "node:crypto";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import * as x509 from "@peculiar/asn1-x509";
import { type Authority, parseAuthority } from "./authority.ts";
import { type DerValue, toDer } from "./der.ts";
import { parsePrivateKey, type SignatureAlgorithm, signatureAlgorithm } from "./keys.ts";
import { type ConstrainedNames, ISTIOD_DOMAIN, constrainNames } from "./nameConstraints.ts";
import type { CertificateRequest } from "./request.ts";
import { type Validity, commonValidity, intermediateValidity, validityOf } from "./validity.ts";

/** Bytes of a serial number: as many as RFC 5280, 4.1.2.2, allows. */
export const SERIAL_BYTES = 20;

/** Key usages of a CA. */
const CA_USES = x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign;

/** Our own root with its key, ready to issue certificates. */
export interface Issuer {
  name: x509.Name;
  keyIdentifier: Buffer;
  validity: Validity;
  key: KeyObject;
  algorithm: SignatureAlgorithm;
}

/**
 * Parses a root and its private key.
 * @throws Error, completing "our own root ...", when it can issue no CA's certificate.
 */
export function parseIssuer(certificate: X509Certificate, keyPem: string): Issuer {
  const key = parsePrivateKey(keyPem);
  const algorithm = key && signatureAlgorithm(key);
  if (key === undefined || algorithm === undefined) throw new Error("has no key that it can sign with");
  const { subject, keyIdentifier, pathLength } = parseAuthority(certificate);
  if (pathLength === 0) throw new Error("may issue no CA's certificate: its path length is 0");
  return { name: copy(subject, x509.Name), keyIdentifier, validity: validityOf(certificate), key, algorithm };
}

/**
 * Issues the trust anchor of a peer's root: subject and key are the peer's, the issuer is our own root, names are constrained.
 * @param constraints names for which the anchor is valid.
 * @param random {@link SERIAL_BYTES} random bytes, for the serial number.
 * @returns PEM.
 * @throws Error, completing "<the peer's root> ...", when there can be no anchor.
 */
export function issueAnchor(
  root: X509Certificate,
  issuer: Issuer,
  constraints: ConstrainedNames,
  now: Date,
  random: Uint8Array,
): string {
  const validity = commonValidity(validityOf(root), issuer.validity, now);
  return issue(parseAuthority(root), issuer, constraints, validity, random);
}

/**
 * Issues the intermediate that a cluster's istiod signs with: a CA for leaves only, with subject and key of the request.
 * @param trustDomain the only one for which the intermediate is valid.
 * @param hosts istiod's DNS names and IP addresses, beside those in {@link ISTIOD_DOMAIN}.
 * @param random {@link SERIAL_BYTES} random bytes, for the serial number.
 * @returns PEM.
 * @throws Error, completing "<the root> ...", when the root is not valid now.
 */
export function issueIntermediate(
  request: CertificateRequest,
  issuer: Issuer,
  { trustDomain, hosts }: { trustDomain: string; hosts: readonly string[] },
  now: Date,
  random: Uint8Array,
): string {
  const constraints = constrainNames(trustDomain, [ISTIOD_DOMAIN, ...hosts]);
  const validity = intermediateValidity(issuer.validity, now);
  return issue({ ...request, pathLength: 0 }, issuer, constraints, validity, random);
}

/** Issues a CA's certificate. */
function issue(
  { subject, publicKeyInfo, keyIdentifier, pathLength }: Authority,
  issuer: Issuer,
  constraints: ConstrainedNames,
  validity: Validity,
  random: Uint8Array,
): string {
  const signatureAlgorithmId = new x509.AlgorithmIdentifier(issuer.algorithm.identifier);
  const tbsCertificate = new x509.TBSCertificate({
    version: x509.Version.v3,
    serialNumber: serialNumber(random),
    signature: signatureAlgorithmId,
    issuer: issuer.name,
    validity: new x509.Validity(validity),
    subject: copy(subject, x509.Name),
    subjectPublicKeyInfo: copy(publicKeyInfo, x509.SubjectPublicKeyInfo),
    extensions: new x509.Extensions([
      extension(x509.id_ce_basicConstraints, true, basicConstraints(pathLength)),
      extension(x509.id_ce_keyUsage, true, new x509.KeyUsage(CA_USES)),
      extension(x509.id_ce_nameConstraints, true, nameConstraints(constraints)),
      extension(x509.id_ce_subjectKeyIdentifier, false, new x509.SubjectKeyIdentifier(keyIdentifier)),
      extension(x509.id_ce_authorityKeyIdentifier, false, authorityKeyIdentifier(issuer.keyIdentifier)),
    ]),
  });
  const signature = sign(issuer.algorithm.hash, serialize(tbsCertificate), issuer.key);
  const certificate = new x509.Certificate({
    tbsCertificate,
    signatureAlgorithm: signatureAlgorithmId,
    signatureValue: Uint8Array.from(signature).buffer,
  });
  return new X509Certificate(serialize(certificate)).toString();
}

/** Converts a value of another certificate so that it has the same bytes again: verifiers compare names byte for byte. */
function copy<T>(value: DerValue, type: new () => T): T {
  const der = toDer(value);
  const copied = AsnConvert.parse(der, type);
  if (!der.equals(serialize(copied)))
    throw new Error("has a subject that cannot be copied byte for byte: make a root with one in UTF-8");
  return copied;
}

function extension(extnID: string, critical: boolean, value: unknown): x509.Extension {
  return new x509.Extension({ extnID, critical, extnValue: new OctetString(serialize(value)) });
}

function basicConstraints(pathLenConstraint: number | undefined): x509.BasicConstraints {
  return Object.assign(new x509.BasicConstraints({ cA: true }), { pathLenConstraint });
}

function nameConstraints({ permitted, excluded }: ConstrainedNames): x509.NameConstraints {
  const subtrees = (names: Partial<x509.GeneralName>[]): x509.GeneralSubtrees =>
    new x509.GeneralSubtrees(
      names.map((name) => new x509.GeneralSubtree({ base: new x509.GeneralName(name) })),
    );
  // RFC 5280, 4.2.1.10: a list has an entry, or is not there.
  const present = (names: Partial<x509.GeneralName>[]) => (names.length === 0 ? undefined : subtrees(names));
  return Object.assign(new x509.NameConstraints(), {
    permittedSubtrees: present(permitted),
    excludedSubtrees: present(excluded),
  });
}

function authorityKeyIdentifier(identifier: Buffer): x509.AuthorityKeyIdentifier {
  return new x509.AuthorityKeyIdentifier({ keyIdentifier: new x509.KeyIdentifier(identifier) });
}

function serialize(value: unknown): Buffer {
  return Buffer.from(AsnConvert.serialize(value));
}

function serialNumber(random: Uint8Array): ArrayBuffer {
  const serial = Uint8Array.from(random);
  // Positive, and of no fewer bytes: DER has no leading zeros.
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return serial.buffer;
}
