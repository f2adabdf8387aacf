import "reflect-metadata";
import { KeyObject, X509Certificate, createPrivateKey, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

const RSA = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
const ALGORITHMS = {
  RSA: { ...RSA, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
  "P-256": { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  "P-384": { name: "ECDSA", namedCurve: "P-384", hash: "SHA-384" },
  "P-521": { name: "ECDSA", namedCurve: "P-521", hash: "SHA-512" },
  Ed25519: { name: "Ed25519" },
};

/** Kinds of keys, by the names that tests give them. */
export type KeyKind = keyof typeof ALGORITHMS;

/** Subject alternative names, e.g. `{ type: "url", value: "spiffe://b.local/ns/xyz/sa/bar" }`. */
export type SubjectAltNames = x509.JsonGeneralNames;

/** Subject of a certificate. */
export type Subject = x509.X509CertificateCreateParamsName;

const CA_USES = x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign;
const HOUR = 3_600_000;

/** Formats of a private key. */
type KeyFormat = "pkcs1" | "sec1" | "pkcs8";

/** Properties of a certificate. The defaults are those of a common one. */
export interface AuthorityOptions {
  kind?: KeyKind;
  /** @default an hour ago */
  notBefore?: Date;
  /** @default in an hour */
  notAfter?: Date;
  pathLength?: number;
  /** @default keyCertSign and cRLSign */
  keyUsage?: number;
  /** @default true */
  isCa?: boolean;
  /** No key identifiers. */
  unidentified?: boolean;
  /** Subject alternative names. @default none */
  names?: SubjectAltNames;
  /** Key identifier, in hexadecimal. @default SHA-1 of the key's bits */
  identifier?: string;
}

/** Properties of a leaf certificate, as those of {@link AuthorityOptions}. */
export interface LeafOptions extends Pick<AuthorityOptions, "kind" | "notBefore" | "notAfter"> {
  /** Extended key usages, by their object identifiers. @default none */
  extendedUses?: string[];
}

/** Certificate authority of a test, with its key. */
export class TestAuthority {
  readonly certificate: x509.X509Certificate;
  private readonly keys: webcrypto.CryptoKeyPair;
  private readonly kind: KeyKind;

  private constructor(certificate: x509.X509Certificate, keys: webcrypto.CryptoKeyPair, kind: KeyKind) {
    this.certificate = certificate;
    this.keys = keys;
    this.kind = kind;
  }

  /** Makes a root. @param name subject, e.g. `O=b.local, CN=Root CA`, or its attributes one by one. */
  static async root(name: Subject, options: AuthorityOptions = {}): Promise<TestAuthority> {
    const { kind = "P-256" } = options;
    const keys = await makeKeys(kind);
    return new TestAuthority(await certify(name, keys, { name, keys, kind }, options), keys, kind);
  }

  /** Makes a CA that this one certifies. */
  async intermediate(name: string, options: AuthorityOptions = {}): Promise<TestAuthority> {
    const { kind = "P-256" } = options;
    const keys = await makeKeys(kind);
    return new TestAuthority(await certify(name, keys, this.issuer, options), keys, kind);
  }

  /** Parses a CA from a certificate and its key, both PEM. */
  static async of(certificatePem: string, keyPem: string, kind: KeyKind = "P-256"): Promise<TestAuthority> {
    const der = createPrivateKey(keyPem).export({ type: "pkcs8", format: "der" });
    const privateKey = await webcrypto.subtle.importKey("pkcs8", der, ALGORITHMS[kind], true, ["sign"]);
    const certificate = new x509.X509Certificate(certificatePem);
    const publicKey = (await certificate.publicKey.export(ALGORITHMS[kind], [
      "verify",
    ])) as webcrypto.CryptoKey;
    return new TestAuthority(certificate, { privateKey, publicKey }, kind);
  }

  /** Certifies the subject and key of another CA. */
  async certify({ certificate: { subject }, keys, kind }: TestAuthority): Promise<TestAuthority> {
    return new TestAuthority(await certify(subject, keys, this.issuer, {}), keys, kind);
  }

  /** Certifies the same subject and key again. */
  async again(options: AuthorityOptions = {}): Promise<TestAuthority> {
    const certificate = await certify(this.certificate.subject, this.keys, this.issuer, options);
    return new TestAuthority(certificate, this.keys, this.kind);
  }

  /** Issues a workload's certificate, PEM. As with Istio it has no subject by default. */
  async leaf(names: SubjectAltNames, subject = ""): Promise<string> {
    return (await this.workload(names, subject)).leaf;
  }

  /** Issues a workload's certificate; returns it with its key, both PEM. */
  async workload(
    names: SubjectAltNames,
    subject = "",
    { kind = "P-256", extendedUses = [], ...options }: LeafOptions = {},
  ): Promise<{ leaf: string; key: string }> {
    const { publicKey, privateKey } = await makeKeys(kind);
    const certificate = await x509.X509CertificateGenerator.create({
      subject,
      publicKey,
      ...period(options),
      ...signing(this.issuer),
      extensions: [
        new x509.SubjectAlternativeNameExtension(names, subject === ""),
        await x509.AuthorityKeyIdentifierExtension.create(this.keys.publicKey),
        await x509.SubjectKeyIdentifierExtension.create(publicKey),
        ...(extendedUses.length === 0 ? [] : [new x509.ExtendedKeyUsageExtension(extendedUses)]),
      ],
    });
    return { leaf: certificate.toString("pem"), key: pemOf(privateKey, "pkcs8") };
  }

  /** PEM. */
  get pem(): string {
    return this.certificate.toString("pem");
  }

  /** SHA-256 of the certificate, as `AB:CD:...`. */
  get fingerprint(): string {
    return new X509Certificate(this.pem).fingerprint256;
  }

  /** Private key, PEM. */
  keyPem(type: KeyFormat = "pkcs8"): string {
    return pemOf(this.keys.privateKey, type);
  }

  private get issuer(): Signer {
    return { name: this.certificate.subject, keys: this.keys, kind: this.kind };
  }
}

interface Signer {
  name: Subject;
  keys: webcrypto.CryptoKeyPair;
  kind: KeyKind;
}

/** Makes a key pair that can be exported. */
export async function makeKeys(kind: KeyKind): Promise<webcrypto.CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(ALGORITHMS[kind], true, [
    "sign",
    "verify",
  ])) as webcrypto.CryptoKeyPair;
}

function pemOf(key: webcrypto.CryptoKey, type: KeyFormat): string {
  return KeyObject.from(key).export({ type, format: "pem" }).toString();
}

async function certify(
  subject: Subject,
  { publicKey }: webcrypto.CryptoKeyPair,
  issuer: Signer,
  options: AuthorityOptions,
): Promise<x509.X509Certificate> {
  const {
    isCa = true,
    pathLength,
    keyUsage = CA_USES,
    unidentified = false,
    identifier,
    names = [],
  } = options;
  const identifiers = [
    identifier === undefined
      ? await x509.SubjectKeyIdentifierExtension.create(publicKey)
      : new x509.SubjectKeyIdentifierExtension(identifier),
    await x509.AuthorityKeyIdentifierExtension.create(issuer.keys.publicKey),
  ];
  return x509.X509CertificateGenerator.create({
    subject,
    publicKey,
    ...period(options),
    ...signing(issuer),
    extensions: [
      new x509.BasicConstraintsExtension(isCa, pathLength, true),
      // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- a set of flags has no enum type
      new x509.KeyUsagesExtension(keyUsage, true),
      ...(unidentified ? [] : identifiers),
      ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
    ],
  });
}

function period({ notBefore, notAfter }: AuthorityOptions): { notBefore: Date; notAfter: Date } {
  return {
    notBefore: notBefore ?? new Date(Date.now() - HOUR),
    notAfter: notAfter ?? new Date(Date.now() + HOUR),
  };
}

function signing({ name, keys, kind }: Signer) {
  return { issuer: name, signingKey: keys.privateKey, signingAlgorithm: signatureOf(kind) };
}

/** Signature algorithm of a kind of key. */
export function signatureOf(kind: KeyKind) {
  return ALGORITHMS[kind];
}

/** Makes a certificate that signs itself, and its key, both PEM, for a test's server on an IP address. */
export async function makeServerCertificate(address: string): Promise<{ cert: string; key: string }> {
  const server = await TestAuthority.root(`CN=${address}`, {
    isCa: false,
    keyUsage: x509.KeyUsageFlags.digitalSignature,
    names: [{ type: "ip", value: address }],
  });
  return { cert: server.pem, key: server.keyPem() };
}
