import {
  type KeyObject,
  constants,
  createHash,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
} from "node:crypto";
import { AsnConvert, OctetString } from "@peculiar/asn1-schema";
import * as x509 from "@peculiar/asn1-x509";

const HOUR = 3_600_000;

/** A certificate authority of which every field can be wrong, and its private key. */
export interface RawAuthority {
  /** Certificate, PEM. */
  pem: string;
  /** PEM. */
  key: string;
  /** Name, key and key identifier by which it issues certificates. */
  privateKey: KeyObject;
  name: x509.Name;
  identifier: Buffer;
}

/** Properties of a certificate; the defaults are those of a common one. */
export interface RawOptions {
  /** Common name. */
  name?: string;
  /** @default a new one on P-256 */
  key?: KeyObject;
  /** Extensions that replace those of their kind, or come on top. */
  extensions?: x509.Extension[];
  /** Kinds of extensions that are left out. */
  without?: string[];
  /** Algorithm of the signature, by `node:crypto`'s name of the hash. @default sha256 */
  hash?: string;
  /** Its object identifier. @default ECDSA with SHA-256 */
  algorithm?: string;
  /** DER of its parameters, which are those of RSA-PSS. */
  parameters?: Buffer;
  /** Changes the signed part. */
  edit?: (signed: x509.TBSCertificate) => void;
  /** Changes the encoded certificate, whose signature may be invalid then. */
  editDer?: (der: Buffer) => Buffer;
}

/** Makes an extension from its value, or from the value's DER. */
export function extension(extnID: string, critical: boolean, value: unknown): x509.Extension {
  const der = Buffer.isBuffer(value) ? value : Buffer.from(AsnConvert.serialize(value));
  return new x509.Extension({ extnID, critical, extnValue: new OctetString(der) });
}

/** Makes name constraints, each name as `@peculiar/asn1-x509` has it: `{ dNSName: "b.example" }`. */
export function nameConstraints(
  permitted: Partial<x509.GeneralName>[],
  excluded: Partial<x509.GeneralName>[] = [],
  critical = true,
): x509.Extension {
  const subtrees = (names: Partial<x509.GeneralName>[]) =>
    names.length === 0
      ? undefined
      : new x509.GeneralSubtrees(
          names.map((name) => new x509.GeneralSubtree({ base: new x509.GeneralName(name) })),
        );
  const value = Object.assign(new x509.NameConstraints(), {
    permittedSubtrees: subtrees(permitted),
    excludedSubtrees: subtrees(excluded),
  });
  return extension(x509.id_ce_nameConstraints, critical, value);
}

/** Makes a directory name of attributes in order, all in UTF-8. */
export function directoryName(...attributes: [type: string, value: string][]): x509.Name {
  return new x509.Name(
    attributes.map(
      ([type, utf8String]) =>
        new x509.RelativeDistinguishedName([
          new x509.AttributeTypeAndValue({ type, value: new x509.AttributeValue({ utf8String }) }),
        ]),
    ),
  );
}

/** Makes basic constraints. */
export function basicConstraints(cA: boolean, pathLenConstraint?: number): x509.Extension {
  const value = Object.assign(new x509.BasicConstraints({ cA }), { pathLenConstraint });
  return extension(x509.id_ce_basicConstraints, true, value);
}

/** Options of RSA-PSS; the salt's length is the last byte of the parameters. */
function pss(parameters: Buffer) {
  return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: parameters.at(-1) ?? 0 };
}

/** Certifies a CA; without an issuer, by itself. */
export function makeAuthority(options: RawOptions, issuer?: RawAuthority): RawAuthority {
  const privateKey = options.key ?? generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const publicKey = createPublicKey(privateKey);
  const publicKeyInfo = AsnConvert.parse(
    publicKey.export({ type: "spki", format: "der" }),
    x509.SubjectPublicKeyInfo,
  );
  const identifier = createHash("sha1").update(Buffer.from(publicKeyInfo.subjectPublicKey)).digest();
  const name = directoryName(["2.5.4.10", "Company"], ["2.5.4.3", options.name ?? "Root"]);
  const { hash = "sha256", algorithm = "1.2.840.10045.4.3.2", without = [], extensions = [] } = options;
  const { parameters } = options;
  const signatureAlgorithm = new x509.AlgorithmIdentifier(
    parameters === undefined ? { algorithm } : { algorithm, parameters: Uint8Array.from(parameters).buffer },
  );
  const replaced = new Set([...without, ...extensions.map(({ extnID }) => extnID)]);
  const defaults = [
    basicConstraints(true),
    extension(x509.id_ce_keyUsage, true, new x509.KeyUsage(x509.KeyUsageFlags.keyCertSign)),
    extension(x509.id_ce_subjectKeyIdentifier, false, new x509.SubjectKeyIdentifier(identifier)),
    extension(
      x509.id_ce_authorityKeyIdentifier,
      false,
      new x509.AuthorityKeyIdentifier({
        keyIdentifier: new x509.KeyIdentifier(issuer?.identifier ?? identifier),
      }),
    ),
  ].filter(({ extnID }) => !replaced.has(extnID));
  const signed = new x509.TBSCertificate({
    version: x509.Version.v3,
    serialNumber: Uint8Array.from([0x40, ...randomBytes(15)]).buffer,
    signature: signatureAlgorithm,
    issuer: issuer?.name ?? name,
    validity: new x509.Validity({
      notBefore: new Date(Date.now() - HOUR),
      notAfter: new Date(Date.now() + HOUR),
    }),
    subject: name,
    subjectPublicKeyInfo: publicKeyInfo,
    extensions: new x509.Extensions([...defaults, ...extensions]),
  });
  options.edit?.(signed);
  const signature = sign(hash, Buffer.from(AsnConvert.serialize(signed)), {
    key: issuer?.privateKey ?? privateKey,
    ...(parameters === undefined ? {} : pss(parameters)),
  });
  const whole = new x509.Certificate({
    tbsCertificate: signed,
    signatureAlgorithm,
    signatureValue: Uint8Array.from(signature).buffer,
  });
  const der = Buffer.from(AsnConvert.serialize(whole));
  const base64 = (options.editDer?.(der) ?? der).toString("base64").replace(/.{64}/g, "$&\n");
  return {
    pem: `-----BEGIN CERTIFICATE-----\n${base64.trimEnd()}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    privateKey,
    name: signed.subject,
    identifier,
  };
}
