import { type KeyObject, createPrivateKey } from "node:crypto";
import { formatOpenSsh, parseOpenSsh } from "../plugins/tls/openSsh.ts";

/** Bytes of a key that a text is searched for at once: short enough to stand unbroken in lines of any usual length. */
const CHUNK_BYTES = 24;
/** Bytes of the key's secret part in a chunk, at least: the rest of it is in its certificate, or in each key of its kind. */
const SECRET_BYTES = 8;
/** Bytes of a number in hexadecimal: as many as fit on the first line that `openssl pkey -text` writes. */
const HEX_BYTES = 12;

/** One way in which a secret may stand in a text. */
export interface Form {
  /** Description, e.g. `base64 of the PEM of ...`. */
  readonly name: string;
  readonly pattern: string | RegExp;
}

/** Marks of secrets that need not be known to be found: key material, bearer tokens, a kubeconfig's credentials. */
export const MARKS: readonly Form[] = [
  { name: "PEM of a private key", pattern: "PRIVATE KEY" },
  ...["", "EC ", "RSA ", "ENCRYPTED ", "OPENSSH "].map((kind) => ({
    name: "base64 of the PEM of a private key",
    pattern: startOfBase64(`-----BEGIN ${kind}PRIVATE KEY-----`),
  })),
  // `{"alg":`, but for a contract's signature, which is public: `{"alg":"EdDSA","x5c":`.
  { name: "a bearer token", pattern: /eyJhbGciOi(?!JFZERTQSIsIng1YyI6)/ },
  {
    name: "credentials of a kubeconfig",
    pattern: /client-key-data|client-certificate-data|certificate-authority-data/,
  },
];

/**
 * Returns the forms of a private key: PEM (PKCS #1, SEC 1, PKCS #8 and OpenSSH; line breaks escaped or left out), base64 of PEM, JWK, or its
 * numbers in hexadecimal.
 * @param label names the key in what is found.
 * @param pem in any of these formats.
 */
export function formsOfKey(label: string, pem: string): Form[] {
  const key = pem.includes("OPENSSH") ? parseOpenSsh(pem) : createPrivateKey(pem);
  const numbers = secretNumbers(key);
  const lines = new Set(encodings(key, pem).flatMap((der) => secretChunks(der, numbers)));
  const forms: Form[] = [...lines].flatMap((line) => [
    { name: `PEM of ${label}`, pattern: line },
    ...base64Anywhere(Buffer.from(line)).map((pattern) => ({
      name: `base64 of the PEM of ${label}`,
      pattern,
    })),
  ]);
  for (const number of numbers) {
    const start = number.subarray(0, CHUNK_BYTES);
    for (const encoding of ["base64", "base64url"] as const)
      forms.push({ name: `JWK of ${label}`, pattern: start.toString(encoding) });
    forms.push({ name: `hexadecimal number of ${label}`, pattern: hexPattern(number) });
  }
  return forms;
}

/** Forms of any other secret text: as it is, and in base64. */
export function formsOfText(label: string, text: string): Form[] {
  return [
    { name: label, pattern: text },
    ...base64Anywhere(Buffer.from(text)).map((pattern) => ({ name: `base64 of ${label}`, pattern })),
  ];
}

/** The numbers that are nobody else's: an elliptic curve's one, an RSA key's exponents and primes. */
function secretNumbers(key: KeyObject): Buffer[] {
  const { d, p, q, dp, dq, qi } = key.export({ format: "jwk" });
  return [d, p, q, dp, dq, qi].flatMap((number) =>
    number === undefined ? [] : [Buffer.from(number, "base64url")],
  );
}

/** Returns the bytes as given, and of each format that OpenSSL and OpenSSH write. */
function encodings(key: KeyObject, pem: string): Buffer[] {
  const traditional: Readonly<Record<string, "pkcs1" | "sec1">> = { rsa: "pkcs1", ec: "sec1" };
  const type = traditional[key.asymmetricKeyType ?? ""] ?? "pkcs8";
  return [
    ...[pem, formatOpenSsh(key).privateKeyOpenssh].map(fromPem),
    key.export({ type: "pkcs8", format: "der" }),
    key.export({ type, format: "der" }),
  ];
}

function fromPem(pem: string): Buffer {
  return Buffer.from(pem.replaceAll(/-----.*?-----|\s/g, ""), "base64");
}

/** Halves of PEM's lines, of those in which enough of a number stands. */
function secretChunks(der: Buffer, numbers: readonly Buffer[]): string[] {
  const spans = numbers.flatMap((number) => {
    // A curve's number has its leading zeros in some formats only.
    const significant = number.subarray(number.findIndex((byte) => byte !== 0));
    const start = der.indexOf(significant);
    return start < 0 ? [] : [{ start, end: start + significant.length }];
  });
  const chunks: string[] = [];
  for (let at = 0; at < der.length; at += CHUNK_BYTES) {
    const end = Math.min(at + CHUNK_BYTES, der.length);
    const shared = spans.map((span) => Math.min(end, span.end) - Math.max(at, span.start));
    // A chunk that ends in the middle of a line may end in padding, which is no secret.
    if (Math.max(...shared) >= SECRET_BYTES) chunks.push(der.subarray(at, end).toString("base64"));
  }
  return chunks;
}

/** The base64 of bytes wherever they begin in what was encoded, without the characters that their neighbours share. */
function base64Anywhere(bytes: Buffer): string[] {
  return [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString("base64");
    const whole = Math.floor(((offset + bytes.length) * 8) / 6);
    return text.slice(Math.ceil((offset * 8) / 6), whole);
  });
}

/** Start of the base64 of every text that begins with this one. */
function startOfBase64(text: string): string {
  return Buffer.from(text.slice(0, text.length - (text.length % 3))).toString("base64");
}

/** Its first bytes in either case, together or apart as OpenSSL (`0a:1b`) and Node (`0a 1b`) write them. */
function hexPattern(number: Buffer): RegExp {
  const bytes = number.subarray(0, HEX_BYTES).toString("hex").match(/../g) ?? [];
  return new RegExp(bytes.join("[: ]?"), "i");
}

const KEY = /-----BEGIN ([A-Z]+ )?PRIVATE KEY-----[^-]+-----END \1?PRIVATE KEY-----/g;

/** The private keys in a text, PEM; line breaks may be escaped in it. */
export function privateKeysIn(text: string): string[] {
  return [...text.matchAll(KEY)].map(([pem]) => pem.replaceAll(/\\+n/g, "\n"));
}
