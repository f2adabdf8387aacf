import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import fc from "fast-check";
import { before, describe, it } from "mocha";
import {
  type ContractSigner,
  type ValidSignature,
  signContract,
  verifySignature,
} from "../../../federation/contract/signature.ts";
import { signerFaults, signerIdentity } from "../../../federation/contract/signer.ts";
import { publicKeyFingerprint } from "../../../federation/x509/keys.ts";
import {
  type KeyKind,
  type LeafOptions,
  type SubjectAltNames,
  TestAuthority,
} from "../../support/testAuthority.ts";
import { contractOf } from "../samples.ts";

const TRUST_DOMAIN = "cluster-b.local";
const CODE_SIGNING = "1.3.6.1.5.5.7.3.3";
const HOUR = 3_600_000;

describe("The signature of a contract", () => {
  let root: TestAuthority;
  let intermediate: TestAuthority;
  let signer: ContractSigner;
  let roots: X509Certificate[];
  const document = contractOf();

  const makeSigner = async (
    { kind = "Ed25519", extendedUses = [CODE_SIGNING], ...validity }: LeafOptions = {},
    names: SubjectAltNames = [{ type: "url", value: signerIdentity(TRUST_DOMAIN) }],
    issuer = intermediate,
  ): Promise<ContractSigner> => {
    const { leaf, key } = await issuer.workload(names, "CN=Contract", { kind, extendedUses, ...validity });
    return { key, certificates: [leaf, issuer.pem] };
  };
  const signed = async (
    by: ContractSigner,
    contract: object = document,
  ): Promise<Record<string, unknown>> => ({
    ...contract,
    signature: await signContract(contract, by),
  });
  const rulesOf = async (contract: unknown): Promise<string[]> => {
    const read = await verifySignature(contract);
    return "fault" in read ? [read.fault.rule] : signerRules(read);
  };
  const signerRules = (read: ValidSignature, now = new Date()): string[] =>
    signerFaults(read, TRUST_DOMAIN, { roots, signingKey: undefined }, now).map(({ rule }) => rule);

  before(async () => {
    root = await TestAuthority.root("O=cluster-b.local, CN=Root CA");
    intermediate = await root.intermediate("O=cluster-b.local, CN=Intermediate CA");
    roots = [new X509Certificate(root.pem)];
    signer = await makeSigner();
  });

  for (const kind of ["Ed25519", "RSA", "P-256", "P-384", "P-521"] satisfies KeyKind[])
    it(`is accepted from a key of kind ${kind} that the cluster's certificate authority certified`, async () => {
      assert.deepEqual(await rulesOf(await signed(await makeSigner({ kind }))), []);
    });

  it("is the same for the same contract, in any order of its fields", async () => {
    const reversed = Object.fromEntries(Object.entries(document).toReversed());
    assert.equal(await signContract(reversed, signer), await signContract(document, signer));
  });

  it("survives JSON, and a contract that has a signature already", async () => {
    const once = await signed(signer);
    const twice = await signed(signer, JSON.parse(JSON.stringify(once)) as object);
    assert.deepEqual(twice, once);
  });

  it("is refused after any change of the contract", async () => {
    const text = JSON.stringify(await signed(signer));
    const change = fc.record({ at: fc.nat(text.length - 1), to: fc.integer({ min: 0x20, max: 0x7e }) });
    await fc.assert(
      fc.asyncProperty(change, async ({ at, to }) => {
        const changed = text.slice(0, at) + String.fromCharCode(to) + text.slice(at + 1);
        const parsed = parseJson(changed);
        if (parsed === undefined || JSON.stringify(parsed) === text) return;
        assert.notDeepEqual(
          await rulesOf(parsed),
          [],
          `accepted: ${changed.slice(Math.max(0, at - 40), at + 40)}`,
        );
      }),
      { numRuns: 300 },
    );
  });

  it("is refused on another contract", async () => {
    const { signature } = await signed(signer);
    assert.match(
      (await rulesOf({ ...contractOf({ network: "network-c" }), signature })).join(),
      /not that of this contract/,
    );
  });

  it("is refused with a further field", async () => {
    assert.match(
      (await rulesOf({ ...(await signed(signer)), extra: 1 })).join(),
      /not that of this contract/,
    );
  });

  const malformed: [title: string, change: (signature: string) => unknown, rule: RegExp][] = [
    ["missing", () => undefined, /is missing/],
    ["a number", () => 1, /must be a JWS/],
    ["empty", () => "", /must be a JWS/],
    ["without a header", (signature) => signature.replace(/^[^.]*/, ""), /must be a JWS/],
    ["with a payload", (signature) => signature.replace("..", ".e30."), /must be a JWS/],
    ["padded", (signature) => `${signature}==`, /must be a JWS/],
    ["of 10 MB", (signature) => signature.padEnd(10_000_000, "A"), /must be a JWS/],
    [
      "with algorithm none",
      (signature) => withHeader(signature, { alg: "none" }),
      /not that of this contract/,
    ],
    [
      "with a symmetric algorithm",
      (signature) => withHeader(signature, { alg: "HS256" }),
      /not that of this contract/,
    ],
    ["without certificates", (signature) => withHeader(signature, { x5c: undefined }), /must be a JWS/],
    ["with an empty chain", (signature) => withHeader(signature, { x5c: [] }), /must be a JWS/],
    [
      "with a chain of nine",
      (signature) => withChain(signature, (chain) => Array<string>(9).fill(chain[0] ?? "")),
      /must be a JWS/,
    ],
    [
      "with a public key that cannot be decoded",
      (signature) =>
        withChain(signature, (chain) =>
          chain.map((text) => {
            const der = Buffer.from(text, "base64").toString("hex");
            // The key of an Ed25519 certificate, with the algorithm of Ed448.
            return Buffer.from(der.replaceAll("06032b6570032100", "06032b6571032100"), "hex").toString(
              "base64",
            );
          }),
        ),
      /signs no contract/,
    ],
    ["with numbers as certificates", (signature) => withHeader(signature, { x5c: [1] }), /must be a JWS/],
  ];
  for (const [title, change, rule] of malformed)
    it(`is refused when it is ${title}`, async () => {
      const contract = await signed(signer);
      const signature = change(contract["signature"] as string);
      assert.match((await rulesOf({ ...contract, signature })).join(), rule);
    });

  it("is refused of what is no contract", async () => {
    for (const value of [undefined, null, 1, "text", [], {}])
      assert.match((await rulesOf(value)).join(), /is missing/);
  });

  const strangers: [title: string, make: () => Promise<ContractSigner>, rule: RegExp][] = [
    [
      "a workload of the cluster",
      () => makeSigner({}, [{ type: "url", value: `spiffe://${TRUST_DOMAIN}/ns/abc/sa/foo` }]),
      /not for spiffe:\/\/cluster-b\.local\/istio-federation\/contract/,
    ],
    [
      "the signer of another trust domain",
      () => makeSigner({}, [{ type: "url", value: signerIdentity("cluster-c.local") }]),
      /not for spiffe:\/\/cluster-b/,
    ],
    [
      "a certificate with further names",
      () =>
        makeSigner({}, [
          { type: "url", value: signerIdentity(TRUST_DOMAIN) },
          { type: "dns", value: "bar.example" },
        ]),
      /not for spiffe:\/\/cluster-b/,
    ],
    ["a certificate for any use", () => makeSigner({ extendedUses: [] }), /not for signing contracts/],
    [
      "a TLS server's certificate",
      () => makeSigner({ extendedUses: ["1.3.6.1.5.5.7.3.1", CODE_SIGNING] }),
      /not for signing contracts/,
    ],
    [
      "an expired certificate",
      () => makeSigner({ notBefore: new Date(Date.now() - 2 * HOUR), notAfter: new Date(Date.now() - HOUR) }),
      /has expired on/,
    ],
    [
      "a certificate of tomorrow",
      () => makeSigner({ notBefore: new Date(Date.now() + HOUR), notAfter: new Date(Date.now() + 2 * HOUR) }),
      /not valid before/,
    ],
    [
      "the intermediate itself",
      () => Promise.resolve({ key: intermediate.keyPem(), certificates: [intermediate.pem] }),
      /not for signing contracts/,
    ],
    [
      "a signer under another root of the same name",
      async () => {
        const other = await TestAuthority.root("O=cluster-b.local, CN=Root CA");
        return makeSigner({}, undefined, await other.intermediate("O=cluster-b.local, CN=Intermediate CA"));
      },
      /none of the roots/,
    ],
    [
      "a signer whose chain has somebody else's intermediate",
      async () => {
        const { key, certificates } = await makeSigner();
        const other = await root.intermediate("O=cluster-b.local, CN=Intermediate CA");
        return { key, certificates: [certificates[0] ?? "", other.pem] };
      },
      /which the next certificate did not issue/,
    ],
    [
      "a signer under a workload's certificate",
      async () => {
        const workload = await intermediate.intermediate("CN=workload", { isCa: false });
        const { key, certificates } = await makeSigner({}, undefined, workload);
        return { key, certificates: [...certificates, intermediate.pem] };
      },
      /is no CA's certificate/,
    ],
  ];
  for (const [title, make, rule] of strangers)
    it(`is refused of ${title}`, async () => {
      assert.match((await rulesOf(await signed(await make()))).join("; "), rule);
    });

  describe("by a key that no root certifies", () => {
    const validate = async (by: ContractSigner, signingKey: string, now = new Date()): Promise<string> => {
      const read = await verifySignature(await signed(by));
      assert.ok("certificates" in read);
      return signerFaults(read, TRUST_DOMAIN, { roots, signingKey }, now)
        .map(({ rule }) => rule)
        .join("; ");
    };
    const keyOf = ({ certificates: [pem = ""] }: ContractSigner): string =>
      publicKeyFingerprint(new X509Certificate(pem).publicKey);
    const stranger = async (names?: SubjectAltNames, leaf: LeafOptions = {}): Promise<ContractSigner> =>
      makeSigner(leaf, names, await TestAuthority.root("CN=stranger"));

    it("is accepted of that key alone, whoever certified it, however long ago", async () => {
      const by = await stranger();
      assert.equal(await validate(by, keyOf(by)), "");
      assert.equal(await validate(by, keyOf(by), new Date(Date.now() + 1e6 * HOUR)), "");
    });

    it("is refused of another key, one under the roots among them", async () => {
      const by = await stranger();
      assert.match(await validate(by, keyOf(await stranger())), /another key/);
      assert.match(await validate(signer, keyOf(by)), /another key/);
    });

    it("is refused of that key as somebody else, or for other uses", async () => {
      const workload = await stranger([{ type: "url", value: `spiffe://${TRUST_DOMAIN}/ns/abc/sa/foo` }]);
      assert.match(await validate(workload, keyOf(workload)), /not for spiffe:/);
      const anyUse = await stranger(undefined, { extendedUses: [] });
      assert.match(await validate(anyUse, keyOf(anyUse)), /not for signing contracts/);
    });
  });

  it("is refused once the root has expired", async () => {
    const read = await verifySignature(await signed(signer));
    assert.ok("certificates" in read);
    assert.match(
      signerRules(read, new Date(Date.now() + 2 * HOUR)).join("; "),
      /is under a certificate, "O=cluster-b\.local, CN=Root CA", that has expired/,
    );
  });
});

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function withHeader(signature: string, fields: object): string {
  const [header = "", ...rest] = signature.split(".");
  const parsed = JSON.parse(Buffer.from(header, "base64url").toString()) as object;
  return [Buffer.from(JSON.stringify({ ...parsed, ...fields })).toString("base64url"), ...rest].join(".");
}

function withChain(signature: string, change: (chain: string[]) => string[]): string {
  const [header = ""] = signature.split(".");
  const { x5c } = JSON.parse(Buffer.from(header, "base64url").toString()) as { x5c: string[] };
  return withHeader(signature, { x5c: change(x5c) });
}
