import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  type webcrypto,
} from "node:crypto";
import { promisify } from "node:util";
import type { CURVES } from "./schema.ts";

type Curve = (typeof CURVES)[number];

const generate = promisify(generateKeyPair);

const OPENSSL_CURVES: Readonly<Record<Curve, string>> = {
  P224: "secp224r1",
  P256: "prime256v1",
  P384: "secp384r1",
  P521: "secp521r1",
};

/** Signatures that certificates are made with, by OpenSSL's name of the key's curve; P-224 is unknown to WebCrypto. */
const CURVE_SIGNATURES: Readonly<Record<string, { readonly namedCurve: string; readonly hash: string }>> = {
  prime256v1: { namedCurve: "P-256", hash: "SHA-256" },
  secp384r1: { namedCurve: "P-384", hash: "SHA-384" },
  secp521r1: { namedCurve: "P-521", hash: "SHA-512" },
};

/** A key that can sign, in the forms that certificates are made from. */
export interface SigningKey {
  /** `RSA`, `ECDSA` or `ED25519`. */
  readonly algorithm: string;
  readonly privateKey: webcrypto.CryptoKey;
  readonly publicKey: webcrypto.CryptoKey;
  /** DER of the public key (SubjectPublicKeyInfo). */
  readonly publicDer: Buffer;
  readonly signature: { readonly name: string; readonly hash?: string };
}

/** Makes a key pair: `algorithm` RSA of `rsaBits`, ECDSA on `ecdsaCurve`, or ED25519. */
export async function generatePrivateKey(options: {
  algorithm: string;
  rsaBits: number;
  ecdsaCurve: Curve;
}): Promise<KeyObject> {
  switch (options.algorithm) {
    case "RSA":
      return (await generate("rsa", { modulusLength: options.rsaBits })).privateKey;
    case "ECDSA":
      return (await generate("ec", { namedCurve: OPENSSL_CURVES[options.ecdsaCurve] })).privateKey;
    default:
      return (await generate("ed25519", {})).privateKey;
  }
}

/** The key in PEM of the traditional form that its algorithm has: PKCS #1, SEC 1, or else PKCS #8. */
export function traditionalPem(key: KeyObject): string {
  const forms: Readonly<Record<string, "pkcs1" | "sec1">> = { rsa: "pkcs1", ec: "sec1" };
  const type = forms[key.asymmetricKeyType ?? ""] ?? "pkcs8";
  return key.export({ type, format: "pem" }).toString();
}

/** Reads a private key in PEM (PKCS #1, SEC 1 or PKCS #8) for signing. */
export function parseSigningKey(pem: string): SigningKey {
  const key = readKey(pem);
  const publicKey = createPublicKey(key);
  const publicDer = publicKey.export({ type: "spki", format: "der" });
  const made = (
    algorithm: string,
    parameters: { name: string },
    signature: SigningKey["signature"],
  ): SigningKey => ({
    algorithm,
    privateKey: key.toCryptoKey(parameters, true, ["sign"]),
    publicKey: publicKey.toCryptoKey(parameters, true, ["verify"]),
    publicDer,
    signature,
  });
  if (key.asymmetricKeyType === "rsa") {
    const rsa = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
    return made("RSA", rsa, rsa);
  }
  if (key.asymmetricKeyType === "ed25519") return made("ED25519", { name: "Ed25519" }, { name: "Ed25519" });
  const curve = CURVE_SIGNATURES[key.asymmetricKeyDetails?.namedCurve ?? ""];
  if (curve === undefined) {
    throw new Error(
      "the lab's stand-in of the tls provider signs with RSA, ED25519 and ECDSA on P256, P384 or P521: set ecdsaCurve (the default, P224, is none of these)",
    );
  }
  const parameters = { name: "ECDSA", namedCurve: curve.namedCurve };
  return made("ECDSA", parameters, { name: "ECDSA", hash: curve.hash });
}

function readKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new Error("Failed to parse private key PEM: expected PKCS #1, SEC 1 or PKCS #8");
  }
}
