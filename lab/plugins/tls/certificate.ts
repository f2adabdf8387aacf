import "reflect-metadata";
import { randomBytes } from "node:crypto";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsagesExtension,
  Name,
  Pkcs10CertificateRequest,
  Pkcs10CertificateRequestGenerator,
  PublicKey,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
  type Extension,
  type JsonGeneralNames,
} from "@peculiar/x509";
import type { Properties } from "../protocol/values.ts";
import { parseSigningKey, type SigningKey } from "./privateKey.ts";
import { EXTENDED_KEY_USAGES, KEY_USAGES } from "./schema.ts";

const HOUR = 3_600_000;
const SERIAL_BYTES = 16;

/** Computed outputs of a resource, and its id (of certificates the serial number, decimal). */
export interface Issued {
  readonly id: string;
  readonly outputs: Properties;
}

interface Issuer {
  readonly name: Name;
  readonly key: SigningKey;
  /** Key identifier that the issued certificate names, hexadecimal. */
  readonly keyId: string | undefined;
}

/** Issues a SelfSignedCert from its inputs. */
export async function selfSign(inputs: Properties): Promise<Issued> {
  const key = parseSigningKey(inputs["privateKeyPem"] as string);
  const subject = namesOf(inputs);
  const publicKey = new PublicKey(key.publicDer);
  const ownKeyId = inputs["setAuthorityKeyId"] === true ? await subjectKeyId(inputs, publicKey) : undefined;
  if (inputs["setAuthorityKeyId"] === true && ownKeyId === undefined)
    throw new Error("Could not determine Authority Key Identifier: set isCaCertificate or setSubjectKeyId");
  const issued = await issue(inputs, subject, publicKey, { name: subject.subject, key, keyId: ownKeyId });
  return { ...issued, outputs: { ...issued.outputs, keyAlgorithm: key.algorithm } };
}

/** Issues a LocallySignedCert from its inputs. */
export async function signLocally(inputs: Properties): Promise<Issued> {
  const request = readRequest(inputs["certRequestPem"] as string);
  const authority = readCertificate(inputs["caCertPem"] as string);
  const key = parseSigningKey(inputs["caPrivateKeyPem"] as string);
  if (!Buffer.from(authority.publicKey.rawData).equals(key.publicDer)) {
    throw new Error(
      "Failed to create certificate: caPrivateKeyPem is not the key of the certificate in caCertPem",
    );
  }
  const issued = await issue(inputs, requestedNames(request), request.publicKey, {
    name: authority.subjectName,
    key,
    keyId: authority.getExtension(SubjectKeyIdentifierExtension)?.keyId,
  });
  return { ...issued, outputs: { ...issued.outputs, caKeyAlgorithm: key.algorithm } };
}

/** Makes a CertRequest from its inputs; answers PEM and DER. */
export async function requestCertificate(
  inputs: Properties,
): Promise<{ readonly pem: string; readonly der: Buffer; readonly keyAlgorithm: string }> {
  const key = parseSigningKey(inputs["privateKeyPem"] as string);
  const { subject, alternatives } = namesOf(inputs);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: subject,
    extensions: alternatives === undefined ? [] : [alternatives],
    signingAlgorithm: key.signature,
    keys: { privateKey: key.privateKey, publicKey: key.publicKey },
  });
  return {
    pem: `${request.toString("pem")}\n`,
    der: Buffer.from(request.rawData),
    keyAlgorithm: key.algorithm,
  };
}

async function issue(
  inputs: Properties,
  about: Names,
  publicKey: PublicKey,
  issuer: Issuer,
): Promise<Issued> {
  const isCa = inputs["isCaCertificate"] === true;
  if (isCa && about.subject.toString() === "") {
    throw new Error(
      "Invalid Certificate Subject: must contain at least one Distinguished Name when creating Certificate Authority (CA)",
    );
  }
  const serial = randomBytes(SERIAL_BYTES);
  serial.writeUInt8(serial.readUInt8(0) & 0x7f, 0);
  const notBefore = new Date(Math.floor(Date.now() / 1000) * 1000);
  const notAfter = new Date(notBefore.getTime() + (inputs["validityPeriodHours"] as number) * HOUR);
  const keyId = await subjectKeyId(inputs, publicKey);
  const extensions = [
    ...usages(inputs["allowedUses"] as readonly string[]),
    new BasicConstraintsExtension(isCa, pathLength(inputs, isCa), true),
    keyId === undefined ? undefined : new SubjectKeyIdentifierExtension(keyId),
    issuer.keyId === undefined ? undefined : new AuthorityKeyIdentifierExtension(issuer.keyId),
    about.alternatives,
  ];
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serial.toString("hex"),
    subject: about.subject,
    issuer: issuer.name,
    notBefore,
    notAfter,
    publicKey,
    signingKey: issuer.key.privateKey,
    signingAlgorithm: issuer.key.signature,
    extensions: extensions.filter((extension): extension is Extension => extension !== undefined),
  });
  return {
    id: BigInt(`0x${serial.toString("hex")}`).toString(),
    outputs: {
      certPem: `${certificate.toString("pem")}\n`,
      validityStartTime: notBefore.toISOString(),
      validityEndTime: notAfter.toISOString(),
    },
  };
}

/** Path length as in the real provider: Go takes 0 for "not given". */
function pathLength(inputs: Properties, isCa: boolean): number | undefined {
  const given = inputs["maxPathLength"];
  return isCa && typeof given === "number" && given > 0 ? given : undefined;
}

async function subjectKeyId(inputs: Properties, publicKey: PublicKey): Promise<string | undefined> {
  const wanted = inputs["isCaCertificate"] === true || inputs["setSubjectKeyId"] === true;
  return wanted ? Buffer.from(await publicKey.getKeyIdentifier()).toString("hex") : undefined;
}

function usages(allowed: readonly string[]): Extension[] {
  const flags = allowed.reduce((sum, use) => sum | (KEY_USAGES[use] ?? 0), 0);
  const extended = allowed.flatMap((use) => EXTENDED_KEY_USAGES[use] ?? []);
  return [
    // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- a set of flags has no enum type
    ...(flags === 0 ? [] : [new KeyUsagesExtension(flags, true)]),
    ...(extended.length === 0 ? [] : [new ExtendedKeyUsageExtension(extended)]),
  ];
}

function requestedNames(request: Pkcs10CertificateRequest): Names {
  const extension = request.extensions.find(
    (candidate) => candidate instanceof SubjectAlternativeNameExtension,
  );
  const wanted = (extension?.names.toJSON() ?? []).filter(({ type }) => ["dns", "ip", "url"].includes(type));
  return names(request.subjectName, wanted);
}

function readRequest(pem: string): Pkcs10CertificateRequest {
  try {
    return new Pkcs10CertificateRequest(pem);
  } catch {
    throw new Error(
      "Failed to parse certificate request PEM: certRequestPem must be one CERTIFICATE REQUEST block",
    );
  }
}

function readCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new Error("Failed to parse CA certificate PEM: caCertPem must be one CERTIFICATE block");
  }
}

/** Parts of a distinguished name in the order in which Go writes them, with their object identifiers. */
const PARTS: readonly (readonly [property: string, oid: string])[] = [
  ["country", "2.5.4.6"],
  ["organization", "2.5.4.10"],
  ["organizationalUnit", "2.5.4.11"],
  ["locality", "2.5.4.7"],
  ["province", "2.5.4.8"],
  ["streetAddresses", "2.5.4.9"],
  ["postalCode", "2.5.4.17"],
  ["commonName", "2.5.4.3"],
  ["serialNumber", "2.5.4.5"],
  ["emailAddress", "1.2.840.113549.1.9.1"],
];

const EMAIL_ADDRESS = "1.2.840.113549.1.9.1";

/** The names that a certificate or a request is about. */
export interface Names {
  readonly subject: Name;
  /** Absent if there are none. */
  readonly alternatives: SubjectAlternativeNameExtension | undefined;
}

/** Reads `subject`, `dnsNames`, `ipAddresses` and `uris` of the inputs. */
export function namesOf(inputs: Properties): Names {
  const subject = (inputs["subject"] ?? {}) as Record<string, string | readonly string[]>;
  const parts = PARTS.flatMap(([property, oid]) =>
    [subject[property] ?? []].flat().map((text) => ({ [oid]: [encodedString(oid, text)] })),
  );
  const list = (property: string) => (inputs[property] ?? []) as readonly string[];
  return names(new Name(parts), [
    ...list("dnsNames").map((value) => ({ type: "dns" as const, value })),
    ...list("ipAddresses").map((value) => ({ type: "ip" as const, value })),
    ...list("uris").map((value) => ({ type: "url" as const, value })),
  ]);
}

/** Puts names together; the alternative names are critical when there is no subject (RFC 5280, 4.2.1.6). */
export function names(subject: Name, alternatives: JsonGeneralNames): Names {
  const critical = subject.toString() === "";
  return {
    subject,
    alternatives:
      alternatives.length === 0 ? undefined : new SubjectAlternativeNameExtension(alternatives, critical),
  };
}

function encodedString(oid: string, text: string) {
  if (oid === EMAIL_ADDRESS) return { ia5String: text };
  return Name.isPrintableString(text) ? { printableString: text } : { utf8String: text };
}
