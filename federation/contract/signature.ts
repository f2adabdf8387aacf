import { type KeyObject, X509Certificate, createHash, createPrivateKey } from "node:crypto";
import canonicalize from "canonicalize";
import { CompactSign, base64url, compactVerify, decodeProtectedHeader } from "jose";
import type { Fault } from "../core/fault.ts";
import { publicKeyFaults } from "../x509/keys.ts";

/** Key of a contract's signature. */
export const SIGNATURE = "signature";

/** Certificates of a chain, the signing one included. */
const CHAIN_LIMIT = 8;

/** Characters of a signature: {@link CHAIN_LIMIT} certificates with the longest keys, twice in base64. */
const SIGNATURE_LIMIT = 128 * 1024;

/** Key and certificates that sign a contract; all PEM. */
export interface ContractSigner {
  key: string;
  /** The key's certificate, then the intermediates up to the root, without it. */
  certificates: readonly string[];
}

/** A signature that is valid for its contract; whether its signer is trusted is decided by `signerFaults`. */
export interface ValidSignature {
  /** Signing certificate, then the intermediates, as the signature has them. */
  certificates: readonly X509Certificate[];
  /** SHA-256 of the contract without its signature, hexadecimal. */
  digest: string;
}

/** A contract's signature, or why it is not valid, at `signature`. */
export type SignatureReading = ValidSignature | { fault: Fault };

/**
 * Signs a contract: a JWS whose payload is detached (RFC 7515, appendix F), the contract without its signature in canonical
 * JSON (RFC 8785). An Ed25519 or RSA key signs equal contracts equally.
 * @param contract as published, folded or not.
 * @throws Error when the key can sign no contract; it does not quote the key.
 */
export async function signContract(contract: object, { key, certificates }: ContractSigner): Promise<string> {
  const privateKey = createPrivateKey(key);
  const alg = algorithmOf(privateKey);
  if (alg === undefined) throw new Error("a contract is signed by an Ed25519, RSA or ECDSA key");
  const x5c = certificates.map((pem) => new X509Certificate(pem).raw.toString("base64"));
  const jws = await new CompactSign(payloadOf(contract)).setProtectedHeader({ alg, x5c }).sign(privateKey);
  const [header = "", , signature = ""] = jws.split(".");
  return `${header}..${signature}`;
}

/**
 * Verifies that a contract is what its signer signed.
 * @param published untrusted data of another team, not larger than a contract may be.
 */
export async function verifySignature(published: unknown): Promise<SignatureReading> {
  const signature = signatureIn(published);
  if (signature === undefined) return { fault: UNSIGNED };
  const isReadable = typeof signature === "string" && signature.length <= SIGNATURE_LIMIT;
  const [header = "", payload, bytes = "", ...more] = isReadable ? signature.split(".") : [];
  const certificates = certificatesIn(header);
  const [signer] = certificates;
  // Another encoding of the same bytes would be another signature of the same contract.
  const isDetached = payload === "" && more.length === 0 && isBase64Url(bytes);
  if (signer === undefined || !isDetached) return { fault: UNREADABLE_SIGNATURE };
  const key = signingKeyOf(signer);
  if (key === undefined) return { fault: UNSUITABLE_KEY };
  try {
    const content = payloadOf(published as object);
    const jws = `${header}.${base64url.encode(content)}.${bytes}`;
    await compactVerify(jws, key.publicKey, { algorithms: [key.alg] });
    return { certificates, digest: digestOf(content) };
  } catch {
    return { fault: CHANGED };
  }
}

/** Returns the digest by which readers tell one content of a contract from another: SHA-256 of the signed bytes, hexadecimal. */
export function contentDigest(contract: object): string {
  return digestOf(payloadOf(contract));
}

/** Remedy for a signature that may be forged. */
export const ASK_PEERS_TEAM = "Ask the peer's team by another way than this whether this contract is theirs";

const UNSIGNED: Fault = {
  path: SIGNATURE,
  rule: "is missing",
  remedy: "Have the peer's team publish the contract with a version of this program that signs it",
};

/** Fault of a signature of another form, or without a signing certificate. */
export const UNREADABLE_SIGNATURE: Fault = {
  path: SIGNATURE,
  rule: "must be a JWS without payload, whose header has its signer's certificates in 'x5c'",
  remedy: ASK_PEERS_TEAM,
};

const UNSUITABLE_KEY: Fault = {
  path: SIGNATURE,
  rule: "is by a key that signs no contract: it must be Ed25519, RSA of 2048 to 8192 bits, P-256, P-384 or P-521",
  remedy: ASK_PEERS_TEAM,
};

const CHANGED: Fault = {
  path: SIGNATURE,
  rule: "is not that of this contract, which was changed after it was signed, or has the signature of another one",
  remedy: ASK_PEERS_TEAM,
};

/** Returns the signed bytes of a contract. @throws Error for what JSON cannot have. */
function payloadOf(contract: object): Uint8Array {
  const { [SIGNATURE]: _, ...content } = contract as Record<string, unknown>;
  return Buffer.from(canonicalize(content) ?? "");
}

function signatureIn(published: unknown): unknown {
  const isObject = typeof published === "object" && published !== null;
  return isObject && Object.hasOwn(published, SIGNATURE)
    ? (published as Record<string, unknown>)[SIGNATURE]
    : undefined;
}

function digestOf(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

/** Parses the certificates of a JWS' header; none for another header, or one with extensions that a reader must know (`crit`). */
function certificatesIn(header: string): X509Certificate[] {
  try {
    const { x5c, crit } = decodeProtectedHeader({ protected: header });
    if (crit !== undefined || !Array.isArray(x5c) || x5c.length > CHAIN_LIMIT) return [];
    const encoded: readonly unknown[] = x5c;
    const ders = encoded.flatMap((der) => (typeof der === "string" ? [Buffer.from(der, "base64")] : []));
    const isExact = ders.every((der, index) => der.toString("base64") === encoded[index]);
    if (!isExact || ders.length < encoded.length) return [];
    const certificates = ders.map((der) => new X509Certificate(der));
    // OpenSSL takes PEM too, and bytes after the certificate.
    return certificates.every(({ raw }, index) => ders[index]?.equals(raw)) ? certificates : [];
  } catch {
    return [];
  }
}

function isBase64Url(text: string): boolean {
  try {
    return base64url.encode(base64url.decode(text)) === text;
  } catch {
    return false;
  }
}

/** Returns the key of a signing certificate with its algorithm; undefined for one that signs no contract. */
function signingKeyOf(signer: X509Certificate): { publicKey: KeyObject; alg: string } | undefined {
  try {
    const { publicKey } = signer;
    const alg = algorithmOf(publicKey);
    const isSuitable = alg === "EdDSA" || publicKeyFaults(publicKey).length === 0;
    return alg === undefined || !isSuitable ? undefined : { publicKey, alg };
  } catch {
    // OpenSSL does not know this kind of key.
    return undefined;
  }
}

/** JWS algorithm (RFC 7518, 3.1; RFC 8037) of a public or private key; undefined where there is none. */
function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string | undefined {
  switch (asymmetricKeyType) {
    case "ed25519":
      return "EdDSA";
    case "rsa":
      return "RS256";
    case "ec":
      return { prime256v1: "ES256", secp384r1: "ES384", secp521r1: "ES512" }[
        asymmetricKeyDetails?.namedCurve ?? ""
      ];
    default:
      return undefined;
  }
}
