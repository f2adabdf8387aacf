import assert from "node:assert/strict";
import {
  type JsonWebKey,
  X509Certificate,
  createHash,
  createPrivateKey,
  createPublicKey,
  sign,
  verify,
} from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, it } from "mocha";
import { parseContract } from "../../../federation/contract/contract.ts";
import { contentDigest, signContract, verifySignature } from "../../../federation/contract/signature.ts";
import { signerFaults } from "../../../federation/contract/signer.ts";

/** The file `docs/contract-vector.json`. */
interface Vector {
  contract: Record<string, unknown> & { signature: string };
  /** The cluster's root, PEM. */
  root: string;
  signingKey: JsonWebKey;
  /** Hash of the signed bytes, hexadecimal. */
  sha256: string;
  /** Header of the signature, decoded. */
  header: { alg: string; x5c: string[] };
}

const vector = JSON.parse(
  readFileSync(new URL("../../../docs/contract-vector.json", import.meta.url), "utf8"),
) as Vector;
const { contract, root, header } = vector;

/** The signed bytes, written from docs/contract.md and RFC 8785 alone. */
function signedBytes({ signature: _, ...content }: Vector["contract"]): Buffer {
  const write = (value: unknown): string => {
    if (Array.isArray(value)) return `[${value.map(write).join(",")}]`;
    if (typeof value !== "object" || value === null) return JSON.stringify(value);
    const map = value as Record<string, unknown>;
    // By UTF-16 code units.
    const keys = Object.keys(map).sort((one, other) => (one < other ? -1 : 1));
    return `{${keys.map((key) => `${JSON.stringify(key)}:${write(map[key])}`).join(",")}}`;
  };
  return Buffer.from(write(content), "utf8");
}

describe("The test vector of a signed contract", () => {
  it("is a contract that this program accepts", async () => {
    assert.equal(parseContract(contract, "vector").revision, 7);
    const read = await verifySignature(contract);
    assert.ok("digest" in read, JSON.stringify(read));
    assert.equal(read.digest, vector.sha256);
    const trust = { roots: [new X509Certificate(root)], signingKey: undefined };
    assert.deepEqual(signerFaults(read, "cluster-b.local", trust, new Date("2026-12-01")), []);
  });

  it("is signed as this program signs", async () => {
    const key = createPrivateKey({ key: vector.signingKey, format: "jwk" });
    const certificates = header.x5c.map((der) => new X509Certificate(Buffer.from(der, "base64")).toString());
    const pem = key.export({ type: "pkcs8", format: "pem" }).toString();
    assert.equal(await signContract(contract, { key: pem, certificates }), contract.signature);
    assert.equal(contentDigest(contract), vector.sha256);
  });

  it("is verified by a second reader, which has nothing of this program", () => {
    const [encoded = "", payload, signature = ""] = contract.signature.split(".");
    assert.equal(payload, "");
    assert.deepEqual(JSON.parse(Buffer.from(encoded, "base64url").toString()), header);
    const bytes = signedBytes(contract);
    assert.equal(createHash("sha256").update(bytes).digest("hex"), vector.sha256);

    const chain = [
      ...header.x5c.map((der) => new X509Certificate(Buffer.from(der, "base64"))),
      new X509Certificate(root),
    ];
    const [signer] = chain;
    assert.ok(signer);
    assert.deepEqual(contract["rootCertificates"], [root]);
    assert.equal(signer.subjectAltName, "URI:spiffe://cluster-b.local/istio-federation/contract");
    assert.deepEqual(signer.keyUsage, ["1.3.6.1.5.5.7.3.3"]);
    assert.equal(signer.ca, false);
    for (const [index, certificate] of chain.entries())
      assert.ok(certificate.verify((chain[index + 1] ?? certificate).publicKey));
    const input = Buffer.from(`${encoded}.${bytes.toString("base64url")}`);
    assert.ok(verify(undefined, input, signer.publicKey, Buffer.from(signature, "base64url")));
  });

  it("is signed alike by a second writer", () => {
    const [encoded = ""] = contract.signature.split(".");
    const key = createPrivateKey({ key: vector.signingKey, format: "jwk" });
    const input = Buffer.from(`${encoded}.${signedBytes(contract).toString("base64url")}`);
    assert.equal(`${encoded}..${sign(undefined, input, key).toString("base64url")}`, contract.signature);
    const [signer = ""] = header.x5c;
    const certified = new X509Certificate(Buffer.from(signer, "base64")).publicKey;
    assert.ok(createPublicKey(key).equals(certified));
  });
});
