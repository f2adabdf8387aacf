import { type KeyObject, X509Certificate, createHash, createPrivateKey } from "node:crypto";
import canonicalize from "canonicalize";
import { CompactSign, base64url, compactVerify, decodeProtectedHeader } from "jose";
import type { Fault } from "../core/fault.ts";
import { messageOf, quote } from "../core/text.ts";
import { parseFields } from "../x509/certificateFields.ts";
import { periodFaults } from "../x509/authority.ts";
import { formatFaults } from "../x509/certificateFormat.ts";
import { type ChainFault, chainFaults } from "../x509/chain.ts";
import { publicKeyFaults, publicKeyFingerprint } from "../x509/keys.ts";
import { isIssuedBy, signatureFaults } from "../x509/signature.ts";

/** Key of a contract's signature. */
export const SIGNATURE = "signature";

/** Extended key usage of a signing certificate, id-kp-codeSigning (RFC 5280, 4.2.1.12): no TLS peer accepts it. */
const CODE_SIGNING = "1.3.6.1.5.5.7.3.3";

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

/** A signature that is valid for its contract; whether its signer is trusted is decided by {@link signerFaults}. */
export interface ValidSignature {
  /** Signing certificate, then the intermediates, as the signature has them. */
  certificates: readonly X509Certificate[];
  /** SHA-256 of the contract without its signature, hexadecimal. */
  digest: string;
}

/** A contract's signature, or why it is not valid, at `signature`. */
export type SignatureReading = ValidSignature | { fault: Fault };

/** Returns the SPIFFE ID of a cluster's contract signer. istiod issues `/ns/<namespace>/sa/<name>` only, so no workload has it. */
export function signerIdentity(trustDomain: string): string {
  return `spiffe://${trustDomain}/istio-federation/contract`;
}

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
  if (signer === undefined || !isDetached) return { fault: UNREADABLE };
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

/**
 * Validates who signed a contract: a certificate for this alone, issued under one of the roots, or one of the pinned key.
 * @param trustDomain of the contract.
 * @param roots that the peer is trusted by.
 * @param signingKey SHA-256 of the only key that may sign, where no root certifies it.
 */
export function signerFaults(
  { certificates }: ValidSignature,
  trustDomain: string,
  { roots, signingKey }: { roots: readonly X509Certificate[]; signingKey: string | undefined },
  now: Date,
): Fault[] {
  const [signer] = certificates;
  if (signer === undefined) return [UNREADABLE];
  const identity = signerIdentity(trustDomain);
  const rules = [
    ...(signer.subjectAltName === `URI:${identity}`
      ? []
      : [`is by a certificate that is not for ${identity}`]),
    ...(!signer.ca && String(signer.keyUsage) === CODE_SIGNING
      ? []
      : ["is by a certificate that is not for signing contracts (code signing alone, no CA)"]),
    ...formFaults(signer).map((fault) => `is by a certificate that ${fault}`),
    ...(signingKey === undefined
      ? [
          ...periodFaults(signer, now).map((fault) => `is by a certificate that ${fault}`),
          ...underRoot(certificates, trustDomain, roots, now),
        ]
      : publicKeyFingerprint(signer.publicKey) === signingKey
        ? []
        : ["is by another key than that of 'signingKey'"]),
  ];
  return rules.map((rule) => ({ path: SIGNATURE, rule, remedy: ASK }));
}

/** Finds why a signer's certificate does not end under one of the roots. */
function underRoot(
  certificates: readonly X509Certificate[],
  trustDomain: string,
  roots: readonly X509Certificate[],
  now: Date,
): string[] {
  const { chain, root, faults } = bestChain(certificates, roots, trustDomain, now);
  const unlinked = certificates.filter((certificate, index) => {
    const issuer = certificates[index + 1];
    return issuer !== undefined && !isIssuedBy(certificate, issuer);
  });
  return [
    ...unlinked.map(
      (certificate) => `has ${subjectLine(certificate)}, which the next certificate did not issue`,
    ),
    ...faults.map(({ index, rule }) => `is under a certificate, ${subjectLine(chain[index])}, that ${rule}`),
    ...(root === undefined ? ["ends under none of the roots by which this peer is trusted"] : []),
  ];
}

/** Chain of a signer up to a root, and its faults. */
interface SignerChain {
  /** Intermediates, then the root. */
  chain: X509Certificate[];
  /** Undefined when none of the roots issued the chain. */
  root: X509Certificate | undefined;
  faults: ChainFault[];
}

/** Chooses the root with the fewest faults: a renewed root has the key of the former one. */
function bestChain(
  certificates: readonly X509Certificate[],
  roots: readonly X509Certificate[],
  trustDomain: string,
  now: Date,
): SignerChain {
  const intermediates = certificates.slice(1);
  const top = certificates.at(-1);
  const issuers = roots.filter((root) => top !== undefined && isIssuedBy(top, root));
  const chains = (issuers.length === 0 ? [undefined] : issuers).map((root): SignerChain => {
    const chain = [...intermediates, ...(root === undefined ? [] : [root])];
    return { chain, root, faults: chainFaults(chain, { trustDomain, hosts: [] }, now, root !== undefined) };
  });
  return chains.reduce((best, other) => (other.faults.length < best.faults.length ? other : best));
}

const ASK = "Ask the peer's team by another way than this whether this contract is theirs";

const UNSIGNED: Fault = {
  path: SIGNATURE,
  rule: "is missing",
  remedy: "Have the peer's team publish the contract with a version of this program that signs it",
};

const UNREADABLE: Fault = {
  path: SIGNATURE,
  rule: "must be a JWS without payload, whose header has its signer's certificates in 'x5c'",
  remedy: ASK,
};

const UNSUITABLE_KEY: Fault = {
  path: SIGNATURE,
  rule: "is by a key that signs no contract: it must be Ed25519, RSA of 2048 to 8192 bits, P-256, P-384 or P-521",
  remedy: ASK,
};

const CHANGED: Fault = {
  path: SIGNATURE,
  rule: "is not that of this contract, which was changed after it was signed, or has the signature of another one",
  remedy: ASK,
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

/** Validates the form of a signing certificate, as that of a CA's. */
function formFaults(signer: X509Certificate): string[] {
  try {
    const fields = parseFields(signer);
    return [...formatFaults(fields), ...signatureFaults(fields)];
  } catch (error) {
    return [messageOf(error)];
  }
}

function subjectLine(certificate: X509Certificate | undefined): string {
  return quote((certificate?.subject ?? "").replaceAll("\n", ", "));
}
