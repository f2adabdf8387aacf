import assert from "node:assert/strict";
import { type KeyObject, X509Certificate, createPrivateKey, generateKeyPairSync, sign } from "node:crypto";
import * as x509 from "@peculiar/asn1-x509";
import fc from "fast-check";
import { before, describe, it } from "mocha";
import { foldContract } from "../../../federation/contract/fold.ts";
import {
  type ContractSigner,
  contentDigest,
  signContract,
  verifySignature,
} from "../../../federation/contract/signature.ts";
import { signerFaults, signerIdentity } from "../../../federation/contract/signer.ts";
import {
  type RawAuthority,
  type RawOptions,
  basicConstraints,
  extension,
  makeAuthority,
  nameConstraints,
} from "../../support/rawCertificate.ts";
import { sweep } from "../arbitraries.ts";
import { contractOf } from "../samples.ts";

const TRUST_DOMAIN = "cluster-b.local";
const CODE_SIGNING = "1.3.6.1.5.5.7.3.3";
const ed25519 = (): KeyObject => generateKeyPairSync("ed25519").privateKey;

/** Certifies a contract's signer, any field of which can be wrong. */
function makeSigner(issuer: RawAuthority, options: RawOptions = {}, chain = [issuer.pem]): ContractSigner {
  const identity = new x509.GeneralName({ uniformResourceIdentifier: signerIdentity(TRUST_DOMAIN) });
  const { pem, key } = makeAuthority(
    {
      name: "Contract",
      key: ed25519(),
      ...options,
      extensions: [
        basicConstraints(false),
        extension(x509.id_ce_subjectAltName, false, new x509.SubjectAlternativeName([identity])),
        extension(x509.id_ce_extKeyUsage, false, new x509.ExtendedKeyUsage([CODE_SIGNING])),
        ...(options.extensions ?? []),
      ],
      without: [x509.id_ce_keyUsage],
    },
    issuer,
  );
  return { key, certificates: [pem, ...chain] };
}

describe("A forged signature of a contract", () => {
  let root: RawAuthority;
  let intermediate: RawAuthority;
  let signer: ContractSigner;
  const document = contractOf();

  const signed = async (contract: object = document, by = signer): Promise<Record<string, unknown>> => ({
    ...contract,
    signature: await signContract(contract, by),
  });
  const rulesOf = async (contract: unknown, roots = [root]): Promise<string[]> => {
    const read = await verifySignature(contract);
    if ("fault" in read) return [read.fault.rule];
    const trusted = roots.map(({ pem }) => new X509Certificate(pem));
    return signerFaults(read, TRUST_DOMAIN, { roots: trusted, signingKey: undefined }, new Date()).map(
      ({ rule }) => rule,
    );
  };

  before(() => {
    root = makeAuthority({ name: "Root" });
    intermediate = makeAuthority({ name: "Intermediate" }, root);
    signer = makeSigner(intermediate);
  });

  it("is told from a true one", async () => {
    assert.deepEqual(await rulesOf(await signed()), []);
    assert.deepEqual(await rulesOf(await signed(document, makeSigner(root, {}, []))), []);
  });

  const headers: [title: string, change: (header: { alg: string; x5c: string[] }) => object, rule: RegExp][] =
    [
      ["names the algorithm of another key", (header) => ({ ...header, alg: "RS256" }), /not that of this/],
      ["names no algorithm", ({ x5c }) => ({ x5c }), /not that of this/],
      ["has a critical extension", (header) => ({ ...header, crit: ["exp"], exp: 1 }), /must be a JWS/],
      ["has its payload unencoded", (header) => ({ ...header, crit: ["b64"], b64: false }), /must be a JWS/],
      [
        "has certificates in PEM",
        ({ alg, x5c }) => ({
          alg,
          x5c: x5c.map((der) => {
            const pem = new X509Certificate(Buffer.from(der, "base64")).toString();
            return Buffer.from(pem).toString("base64");
          }),
        }),
        /must be a JWS/,
      ],
      [
        "has bytes after a certificate",
        ({ alg, x5c }) => ({
          alg,
          x5c: x5c.map((der) =>
            Buffer.concat([Buffer.from(der, "base64"), Buffer.alloc(3)]).toString("base64"),
          ),
        }),
        /must be a JWS/,
      ],
      [
        "has line breaks in a certificate",
        ({ alg, x5c }) => ({ alg, x5c: x5c.map((der) => `${der}\n`) }),
        /must be a JWS/,
      ],
      ["has a map as certificates", ({ alg }) => ({ alg, x5c: { 0: "", length: 1 } }), /must be a JWS/],
      [
        "has a buffer in JSON as a certificate",
        ({ alg, x5c }) => ({ alg, x5c: x5c.map((der) => Buffer.from(der, "base64").toJSON()) }),
        /must be a JWS/,
      ],
    ];
  for (const [title, change, rule] of headers)
    it(`is refused when its header ${title}, though its signer signed that`, async () => {
      const contract = await signed();
      const [header = ""] = String(contract["signature"]).split(".");
      const parsed = JSON.parse(Buffer.from(header, "base64url").toString()) as {
        alg: string;
        x5c: string[];
      };
      const changed = Buffer.from(JSON.stringify(change(parsed))).toString("base64url");
      assert.match(
        (await rulesOf({ ...contract, signature: resigned(changed, document, signer) })).join(),
        rule,
      );
    });

  it("is refused with a further part", async () => {
    const contract = await signed();
    for (const more of [".", ".AAAA", "..", "\n", " "])
      assert.match(
        (await rulesOf({ ...contract, signature: `${String(contract["signature"])}${more}` })).join(),
        /must be a JWS/,
      );
  });

  it("is refused of the header of one and the bytes of another signer", async () => {
    const [one, other] = await Promise.all([signed(), signed(document, makeSigner(intermediate))]);
    const [header] = String(one["signature"]).split("..");
    const [, bytes] = String(other["signature"]).split("..");
    assert.match((await rulesOf({ ...one, signature: `${header}..${bytes}` })).join(), /not that of this/);
  });

  const keys: [title: string, make: () => KeyObject][] = [
    ["RSA of 1024 bits", () => generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey],
    ["RSA-PSS", () => generateKeyPairSync("rsa-pss", { modulusLength: 2048 }).privateKey],
    ["ECDSA on secp256k1", () => generateKeyPairSync("ec", { namedCurve: "secp256k1" }).privateKey],
    ["Ed448", () => generateKeyPairSync("ed448").privateKey],
  ];
  for (const [title, make] of keys)
    it(`is refused of a key of kind ${title}`, async () => {
      const { certificates } = makeSigner(intermediate, { key: make() });
      const header = headerOf("EdDSA", certificates);
      assert.match(
        (await rulesOf({ ...document, signature: `${header}..AAAA` })).join(),
        /signs no contract/,
      );
    });

  it("is refused of a key that OpenSSL does not know", async () => {
    const unknown = makeSigner(intermediate, {
      edit: ({ subjectPublicKeyInfo: { algorithm } }) => (algorithm.algorithm = "1.3.101.1"),
    });
    const header = headerOf("EdDSA", unknown.certificates);
    assert.match((await rulesOf({ ...document, signature: `${header}..AAAA` })).join(), /signs no contract/);
  });

  it("is refused of eight certificates of the largest keys, in less than a second", async () => {
    const { privateKey: key } = generateKeyPairSync("rsa", { modulusLength: 4096 });
    const large = makeAuthority({ key, hash: "sha256", algorithm: "1.2.840.113549.1.1.11" });
    const { certificates } = makeSigner(intermediate, {}, Array<string>(7).fill(large.pem));
    const start = performance.now();
    const rules = await rulesOf(
      await signed(document, {
        ...signer,
        certificates: [signer.certificates[0] ?? "", ...certificates.slice(1)],
      }),
    );
    assert.match(rules.join(), /which the next certificate did not issue/);
    assert.ok(performance.now() - start < 1000);
  });

  const signers: [title: string, make: () => ContractSigner, rule: RegExp][] = [
    [
      "a certificate that is signed with SHA-1",
      () => makeSigner(intermediate, { hash: "sha1", algorithm: "1.2.840.10045.4.1" }),
      /is signed with SHA-1 and ECDSA/,
    ],
    [
      "a certificate whose end is no time",
      () =>
        makeSigner(intermediate, {
          editDer: (der) => {
            // The second of two UTCTimes: month 13.
            const at = der.indexOf(Buffer.from([0x17, 0x0d]), der.indexOf(Buffer.from([0x17, 0x0d])) + 2);
            der.write("13", at + 4, "latin1");
            return der;
          },
        }),
      /validity that is no time/,
    ],
    [
      "a signer under an intermediate for another trust domain",
      () => {
        const other = makeAuthority(
          {
            name: "Other",
            extensions: [nameConstraints([{ uniformResourceIdentifier: "cluster-c.local" }])],
          },
          root,
        );
        return makeSigner(other);
      },
      /name constraints|refuses? .*trust domain/,
    ],
    [
      "a signer under an intermediate that excludes all URIs",
      () => {
        const other = makeAuthority(
          { name: "Other", extensions: [nameConstraints([], [{ uniformResourceIdentifier: "" }])] },
          root,
        );
        return makeSigner(other);
      },
      /name constraints|refuses? .*trust domain/,
    ],
    [
      "a signer under more intermediates than one of them allows",
      () => {
        const upper = makeAuthority({ name: "Upper", extensions: [basicConstraints(true, 0)] }, root);
        const lower = makeAuthority({ name: "Lower" }, upper);
        return makeSigner(lower, {}, [lower.pem, upper.pem]);
      },
      /has path length 0/,
    ],
  ];
  for (const [title, make, rule] of signers)
    it(`is refused of ${title}`, async () => {
      assert.match((await rulesOf(await signed(document, make()))).join("; "), rule);
    });

  it("is accepted under an intermediate for the contract's trust domain alone", async () => {
    const own = makeAuthority(
      { name: "Own", extensions: [nameConstraints([{ uniformResourceIdentifier: TRUST_DOMAIN }])] },
      root,
    );
    assert.deepEqual(await rulesOf(await signed(document, makeSigner(own))), []);
  });

  it("is accepted under a root that was renewed with its key, whichever of the two comes first", async () => {
    const former = makeAuthority({
      key: createPrivateKey(root.key),
      edit: ({ validity }) => {
        validity.notBefore = new x509.Time(new Date(Date.now() - 7_200_000));
        validity.notAfter = new x509.Time(new Date(Date.now() - 3_600_000));
      },
    });
    const contract = await signed();
    assert.deepEqual(await rulesOf(contract, [former, root]), []);
    assert.deepEqual(await rulesOf(contract, [root, former]), []);
    assert.match((await rulesOf(contract, [former])).join(), /has expired/);
  });

  it("leaves messages short, whatever a certificate is called", async () => {
    const loud = makeAuthority({ name: `a\u202e${"x".repeat(10_000)}` }, root);
    const rules = await rulesOf(await signed(document, makeSigner(intermediate, {}, [loud.pem])));
    assert.match(rules.join(), /did not issue/);
    for (const rule of rules) assert.ok(rule.length < 400 && !rule.includes("\u202e"), rule);
  });

  it("is refused, and never an error, after a change of any byte of its certificates", async () => {
    const contract = await signed();
    const ders = [...signer.certificates].map((pem) => new X509Certificate(pem).raw);
    const change = fc.record({ which: fc.nat(1), at: fc.nat(2000), bits: fc.integer({ min: 1, max: 255 }) });
    await fc.assert(
      fc.asyncProperty(change, async ({ which, at, bits }) => {
        const changed = ders.map((der) => Buffer.from(der));
        const der = changed[which] ?? Buffer.alloc(0);
        der[at % der.length] = (der[at % der.length] ?? 0) ^ bits;
        const header = Buffer.from(
          JSON.stringify({ alg: "EdDSA", x5c: changed.map((each) => each.toString("base64")) }),
        ).toString("base64url");
        // The header that was signed, and one that the attacker signs.
        const [, bytes = ""] = String(contract["signature"]).split("..");
        assert.notDeepEqual(await rulesOf({ ...document, signature: `${header}..${bytes}` }), []);
        assert.notDeepEqual(
          await rulesOf({ ...document, signature: resigned(header, document, signer) }),
          [],
        );
      }),
      { numRuns: sweep(200, 20_000) },
    );
  });

  it("is refused after a change of any character of the contract's text", async () => {
    const text = JSON.stringify(await signed());
    const part = fc.record({
      at: fc.nat(text.length - 1),
      removed: fc.nat(3),
      added: fc.oneof(fc.string({ maxLength: 3 }), fc.string({ unit: "binary", maxLength: 2 })),
    });
    await fc.assert(
      fc.asyncProperty(part, async ({ at, removed, added }) => {
        await assertRefusedOrSame(text, text.slice(0, at) + added + text.slice(at + removed));
      }),
      { numRuns: sweep(500, 50_000) },
    );
  });

  it("is refused after a change of any character of the signature", async () => {
    const contract = await signed();
    const signature = String(contract["signature"]);
    const step = sweep(37, 1);
    for (let at = 0; at < signature.length; at += step)
      for (const other of ["A", "B", ".", "_"]) {
        if (signature[at] === other) continue;
        const changed = signature.slice(0, at) + other + signature.slice(at + 1);
        assert.notDeepEqual(await rulesOf({ ...contract, signature: changed }), [], `at ${at}`);
      }
  });

  /** Asserts that a text is refused unless it is the same document, as JSON.parse reads it. */
  const assertRefusedOrSame = async (text: string, changed: string): Promise<void> => {
    let parsed: unknown;
    try {
      parsed = JSON.parse(changed);
    } catch {
      return;
    }
    if (JSON.stringify(parsed) === text) return;
    assert.notDeepEqual(await rulesOf(parsed), [], changed);
  };

  const texts: [title: string, change: (text: string) => string, isAccepted: boolean][] = [
    ["a key __proto__", (text) => text.replace("{", '{"__proto__":{"network":"network-x"},'), false],
    ["a key __proto__ in a service", (text) => text.replace('"ports"', '"__proto__":{},"ports"'), false],
    ["a key toJSON", (text) => text.replace("{", '{"toJSON":"x",'), false],
    ["an infinite number", (text) => text.replace("{", '{"x":1e400,'), false],
    ["half of a surrogate pair", (text) => text.replace("{", String.raw`{"x":"\ud800",`), false],
    ["10,000 levels", (text) => text.replace("{", `{"x":${"[".repeat(10_000)}${"]".repeat(10_000)},`), false],
    ["another port behind the decimal point", (text) => text.replace("15443", "15443.0000001"), false],
    ["a key twice, the signed value last", (text) => text.replace("{", '{"network":"network-x",'), true],
    ["a key twice, the signed value first", (text) => text.replace(/}$/, ',"network":"network-x"}'), false],
    ["the services twice, the signed ones first", (text) => text.replace(/}$/, ',"services":{}}'), false],
    ["the signature twice, the right one last", (text) => text.replace("{", '{"signature":"x",'), true],
    ["other white space", (text) => JSON.stringify(JSON.parse(text), undefined, 3), true],
    ["escaped characters", (text) => text.replace('"network"', String.raw`"netwo\u0072k"`), true],
    ["another form of a number", (text) => text.replace("15443", "1.5443e4"), true],
  ];
  for (const [title, change, isAccepted] of texts)
    it(`is ${isAccepted ? "not one" : "refused"} for a text with ${title}`, async () => {
      const text = JSON.stringify(await signed());
      const changed = change(text);
      assert.notEqual(changed, text);
      assert.equal((await rulesOf(JSON.parse(changed))).length === 0, isAccepted);
    });

  it("is one on the other form of a contract: folded or not, each has a digest and a signature", async () => {
    const [service] = Object.values(document.services);
    const services = Object.fromEntries(
      Array.from({ length: 101 }, (_, index) => [`s${index}.xyz.svc.cluster-b.local`, service]),
    );
    const whole = contractOf({ services });
    const folded = foldContract(whole);
    assert.notEqual(contentDigest(folded), contentDigest(whole));
    const [one, other] = await Promise.all([signed(whole), signed(folded)]);
    assert.deepEqual(await rulesOf(one), []);
    assert.deepEqual(await rulesOf(other), []);
    assert.match((await rulesOf({ ...whole, signature: other["signature"] })).join(), /not that of this/);
    assert.match((await rulesOf({ ...folded, signature: one["signature"] })).join(), /not that of this/);
  });

  it("is none where only the signing certificate was renewed: the digest stays", async () => {
    const read = await Promise.all(
      [signer, makeSigner(intermediate)].map(async (by) => verifySignature(await signed(document, by))),
    );
    const digests = read.map((each) => ("digest" in each ? each.digest : each.fault));
    assert.deepEqual(digests, Array<string>(2).fill(contentDigest(document)));
  });
});

function headerOf(alg: string, certificates: readonly string[]): string {
  const x5c = certificates.map((pem) => new X509Certificate(pem).raw.toString("base64"));
  return Buffer.from(JSON.stringify({ alg, x5c })).toString("base64url");
}

/** Signs a contract under a header of the attacker's choice, with an Ed25519 key. */
function resigned(header: string, contract: object, { key }: ContractSigner): string {
  const payload = Buffer.from(canonical(contract)).toString("base64url");
  const bytes = sign(undefined, Buffer.from(`${header}.${payload}`), createPrivateKey(key));
  return `${header}..${bytes.toString("base64url")}`;
}

/** Canonical JSON of data without numbers that need more than digits. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join(",")}}`;
}
