import { type KeyObject, X509Certificate, createHash, createPrivateKey } from "node:crypto";
import canonicalize from "canonicalize";
import { CompactSign, base64url, compactVerify, decodeProtectedHeader } from "jose";
import type { Fault } from "../core/fault.ts";
import { canonicalFingerprint } from "../x509/certificate.ts";
import { chainFaults } from "../x509/chain.ts";
import { isIssuedBy } from "../x509/signature.ts";

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
  const [header = "", payload, bytes = ""] = isReadable ? signature.split(".") : [];
  const certificates = certificatesIn(header);
  const signer = certificates?.[0];
  const alg = signer && algorithmOf(signer.publicKey);
  if (certificates === undefined || signer === undefined || alg === undefined || payload !== "")
    return { fault: UNREADABLE };
  try {
    // Another encoding of the same bytes would be another signature of the same contract.
    if (base64url.encode(base64url.decode(bytes)) !== bytes) return { fault: UNREADABLE };
    const content = payloadOf(published as object);
    const jws = `${header}.${base64url.encode(content)}.${bytes}`;
    await compactVerify(jws, signer.publicKey, { algorithms: [alg] });
    return { certificates, digest: createHash("sha256").update(content).digest("hex") };
  } catch {
    return { fault: CHANGED };
  }
}

/** Returns the SHA-256 of a certificate's public key (its SubjectPublicKeyInfo), as `AB:CD:...`. */
export function publicKeyFingerprint({ publicKey }: X509Certificate): string {
  const spki = publicKey.export({ type: "spki", format: "der" });
  return canonicalFingerprint(createHash("sha256").update(spki).digest("hex"));
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
    ...(signingKey === undefined
      ? [
          ...validityFaults(signer, now).map((fault) => `is by a certificate that ${fault}`),
          ...underRoot(certificates, trustDomain, roots, now),
        ]
      : publicKeyFingerprint(signer) === signingKey
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
  const [signer, ...intermediates] = certificates;
  if (signer === undefined) return [];
  const root = roots.find((each) => isIssuedBy(certificates.at(-1) ?? signer, each));
  const chain = [...intermediates, ...(root === undefined ? [] : [root])];
  const unlinked = certificates.filter((certificate, index) => {
    const issuer = certificates[index + 1];
    return issuer !== undefined && !isIssuedBy(certificate, issuer);
  });
  return [
    ...unlinked.map(
      (certificate) => `has '${subjectLine(certificate)}', which the next certificate did not issue`,
    ),
    ...chainFaults(chain, { trustDomain, hosts: [] }, now, root !== undefined).map(
      ({ index, rule }) => `is under a certificate, '${subjectLine(chain[index])}', that ${rule}`,
    ),
    ...(root === undefined ? ["ends under none of the roots by which this peer is trusted"] : []),
  ];
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

/** Parses the certificates of a JWS' header; undefined for another header. */
function certificatesIn(header: string): X509Certificate[] | undefined {
  try {
    const { x5c } = decodeProtectedHeader({ protected: header });
    if (!Array.isArray(x5c) || x5c.length > CHAIN_LIMIT) return undefined;
    const certificates = x5c.map((der) => new X509Certificate(Buffer.from(der, "base64")));
    // Node decodes a public key when it is first asked for, and throws for one that it does not know.
    return certificates.filter(({ publicKey }) => publicKey.type === "public");
  } catch {
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

function validityFaults({ validFromDate, validToDate }: X509Certificate, now: Date): string[] {
  if (now < validFromDate) return [`is not valid before ${validFromDate.toISOString()}`];
  return now <= validToDate ? [] : [`has expired on ${validToDate.toISOString()}`];
}

function subjectLine(certificate: X509Certificate | undefined): string {
  return (certificate?.subject ?? "").replaceAll("\n", ", ");
}
