import { createHash, createPrivateKey, randomBytes, type JsonWebKey, type KeyObject } from "node:crypto";

/** Outputs of a PrivateKey in OpenSSH's formats; all empty for a key that OpenSSH does not know. */
export type OpenSshForms = Readonly<Record<(typeof FORMS)[number], string>>;

const FORMS = [
  "privateKeyOpenssh",
  "publicKeyOpenssh",
  "publicKeyFingerprintMd5",
  "publicKeyFingerprintSha256",
] as const;

const MAGIC = "openssh-key-v1\0";
const BLOCK_BYTES = 8;
const PEM_COLUMNS = 64;

/** OpenSSH's names of elliptic curves, by their names in JWK; P-224 has none. */
const CURVES: Readonly<Record<string, string>> = {
  "P-256": "nistp256",
  "P-384": "nistp384",
  "P-521": "nistp521",
};

/** Formats a key pair as golang.org/x/crypto/ssh does: without a passphrase and a comment. */
export function formatOpenSsh(key: KeyObject): OpenSshForms {
  const fields = fieldsOf(key);
  if (fields === undefined)
    return Object.fromEntries(FORMS.map((form) => [form, ""])) as Record<keyof OpenSshForms, string>;
  const { type, publicFields, privateFields } = fields;
  const publicBlob = strings([type, ...publicFields]);
  const hash = (algorithm: string): Buffer => createHash(algorithm).update(publicBlob).digest();
  return {
    privateKeyOpenssh: toPem(container(publicBlob, strings([type, ...privateFields, ""]))),
    publicKeyOpenssh: `${type} ${publicBlob.toString("base64")}\n`,
    publicKeyFingerprintMd5: hash("md5").toString("hex").match(/../g)?.join(":") ?? "",
    publicKeyFingerprintSha256: `SHA256:${hash("sha256").toString("base64").replaceAll("=", "")}`,
  };
}

/** Parses a private key in OpenSSH's format, which OpenSSL does not read. @throws Error for an encrypted one. */
export function parseOpenSsh(pem: string): KeyObject {
  const bytes = Buffer.from(pem.replaceAll(/-----.*?-----|\s/g, ""), "base64");
  const outer = new FieldReader(bytes.subarray(MAGIC.length));
  const cipher = outer.next().toString();
  if (bytes.subarray(0, MAGIC.length).toString("latin1") !== MAGIC || cipher !== "none")
    throw new Error("Failed to parse private key: expected OpenSSH's format without a passphrase");
  outer.next(); // key derivation
  outer.next(); // options of the key derivation
  outer.skip(4); // number of keys
  outer.next(); // public key
  const inner = new FieldReader(outer.next());
  inner.skip(8); // check numbers
  return createPrivateKey({ key: toJwk(inner), format: "jwk" });
}

interface KeyFields {
  readonly type: string;
  readonly publicFields: readonly (Buffer | string)[];
  readonly privateFields: readonly (Buffer | string)[];
}

/** Returns the fields of a key in OpenSSH's order; undefined for P-224, which Node writes as no JWK either. */
function fieldsOf(key: KeyObject): KeyFields | undefined {
  if (key.asymmetricKeyDetails?.namedCurve === "secp224r1") return undefined;
  const jwk = key.export({ format: "jwk" });
  const bytes = (name: string): Buffer => Buffer.from(String(jwk[name]), "base64url");
  const number = (name: string): Buffer => toNumber(bytes(name));
  switch (jwk.kty) {
    case "RSA":
      return {
        type: "ssh-rsa",
        publicFields: ["e", "n"].map(number),
        privateFields: ["n", "e", "d", "qi", "p", "q"].map(number),
      };
    case "EC": {
      const curve = CURVES[String(jwk.crv)] ?? "";
      const point = Buffer.concat([Buffer.from([4]), bytes("x"), bytes("y")]);
      return {
        type: `ecdsa-sha2-${curve}`,
        publicFields: [curve, point],
        privateFields: [curve, point, number("d")],
      };
    }
    default: {
      const both = Buffer.concat([bytes("d"), bytes("x")]);
      return { type: "ssh-ed25519", publicFields: [bytes("x")], privateFields: [bytes("x"), both] };
    }
  }
}

function toJwk(fields: FieldReader): JsonWebKey {
  const type = fields.next().toString();
  const text = (bytes: Buffer): string => bytes.toString("base64url");
  const number = (): string => text(fromNumber(fields.next()));
  if (type === "ssh-ed25519") {
    const x = text(fields.next());
    return { kty: "OKP", crv: "Ed25519", x, d: text(fields.next().subarray(0, 32)) };
  }
  if (type === "ssh-rsa") {
    const [n, e, d, qi, p, q] = Array.from({ length: 6 }, number);
    const modulo = (prime: string | undefined) => text(exponent(d ?? "", prime ?? ""));
    return { kty: "RSA", n, e, d, qi, p, q, dp: modulo(p), dq: modulo(q) } as JsonWebKey;
  }
  const curve = fields.next().toString();
  const crv = Object.keys(CURVES).find((name) => CURVES[name] === curve);
  if (crv === undefined) throw new Error(`Failed to parse private key: OpenSSH's type ${type} is unknown`);
  const point = fields.next().subarray(1);
  const size = point.length / 2;
  const d = fromNumber(fields.next());
  const padded = Buffer.concat([Buffer.alloc(size - d.length), d]);
  return { kty: "EC", crv, x: text(point.subarray(0, size)), y: text(point.subarray(size)), d: text(padded) };
}

/** Returns d mod (prime - 1), which OpenSSH does not store. */
function exponent(d: string, prime: string): Buffer {
  const integer = (text: string): bigint => BigInt(`0x${Buffer.from(text, "base64url").toString("hex")}`);
  const hex = (integer(d) % (integer(prime) - 1n)).toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
}

/** Reads strings with their lengths in front (RFC 4251, 5). */
class FieldReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  next(): Buffer {
    const start = this.#at + 4;
    this.#at = start + this.#bytes.readUInt32BE(this.#at);
    return this.#bytes.subarray(start, this.#at);
  }

  skip(bytes: number): void {
    this.#at += bytes;
  }
}

function strings(fields: readonly (Buffer | string)[]): Buffer {
  return Buffer.concat(fields.flatMap((field) => [uint32(Buffer.byteLength(field)), Buffer.from(field)]));
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Returns an unsigned number as RFC 4251's mpint: without leading zeros, but one before a set sign bit. */
function toNumber(bytes: Buffer): Buffer {
  const significant = fromNumber(bytes);
  return (significant[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), significant]) : significant;
}

function fromNumber(bytes: Buffer): Buffer {
  return bytes.subarray(bytes.findIndex((byte) => byte !== 0));
}

function container(publicBlob: Buffer, privateFields: Buffer): Buffer {
  const check = randomBytes(4);
  const length = 2 * check.length + privateFields.length;
  const padding = Array.from({ length: -length & (BLOCK_BYTES - 1) }, (_, index) => index + 1);
  const privateBlob = Buffer.concat([check, check, privateFields, Buffer.from(padding)]);
  const header = strings(["none", "none", ""]);
  return Buffer.concat([Buffer.from(MAGIC), header, uint32(1), strings([publicBlob, privateBlob])]);
}

function toPem(bytes: Buffer): string {
  const lines = bytes.toString("base64").match(new RegExp(`.{1,${PEM_COLUMNS}}`, "g")) ?? [];
  return ["-----BEGIN OPENSSH PRIVATE KEY-----", ...lines, "-----END OPENSSH PRIVATE KEY-----", ""].join(
    "\n",
  );
}
