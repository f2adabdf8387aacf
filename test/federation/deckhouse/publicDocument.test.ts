import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { compactVerify, decodeProtectedHeader, importSPKI } from "jose";
import { describe, it } from "mocha";
import {
  tokenKeyFingerprint,
  readPublicDocument,
  tokenAudience,
  validateDeckhousePin,
} from "../../../federation/deckhouse/publicDocument.ts";
import { signFederationToken } from "../../../federation/deckhouse/token.ts";
import { LEAF, ROOT_B, ROOT_C } from "../samples.ts";
import { IDENTITY_A, KEY_B, UUID_A, UUID_B, UUID_C, makeKey, publicDocumentOf } from "./deckhouseSamples.ts";

function documentOf(changes: object = {}) {
  const reading = readPublicDocument(publicDocumentOf(changes));
  assert.ok("value" in reading, JSON.stringify(reading));
  return reading.value;
}

describe("The public document of a Deckhouse cluster", () => {
  it("has a UUID, a key, and a root or several", () => {
    const { rootCertificates, ...rest } = documentOf({ rootCA: `${ROOT_B}\n${ROOT_C}`, unknown: 1 });
    assert.deepEqual(rest, { clusterUUID: UUID_B, authnKeyPub: KEY_B.publicKey });
    assert.deepEqual(rootCertificates, [ROOT_B, ROOT_C]);
  });

  const rsa = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  for (const [title, document, path] of [
    ["null", null, ""],
    ["a list", [], ""],
    ["no UUID", publicDocumentOf({ clusterUUID: undefined }), "clusterUUID"],
    ["an empty UUID", publicDocumentOf({ clusterUUID: "" }), "clusterUUID"],
    ["a UUID with a line end", publicDocumentOf({ clusterUUID: `${UUID_B}\n` }), "clusterUUID"],
    ["no key", publicDocumentOf({ authnKeyPub: null }), "authnKeyPub"],
    ["an RSA key", publicDocumentOf({ authnKeyPub: rsa.publicKey }), "authnKeyPub"],
    ["a private key", publicDocumentOf({ authnKeyPub: KEY_B.privateKey }), "authnKeyPub"],
    ["a certificate as key", publicDocumentOf({ authnKeyPub: ROOT_B }), "authnKeyPub"],
    ["no root", publicDocumentOf({ rootCA: "" }), "rootCA"],
    ["a root that is no CA's", publicDocumentOf({ rootCA: LEAF }), "rootCA[0]"],
    ["more roots than one cluster has", publicDocumentOf({ rootCA: ROOT_B.repeat(17) }), "rootCA"],
    ["a broken root", publicDocumentOf({ rootCA: ROOT_B.replace("MII", "AAA") }), "rootCA"],
  ] satisfies [string, unknown, string][])
    it(`is refused with ${title}, without quoting a key`, () => {
      const reading = readPublicDocument(document);
      assert.deepEqual("faults" in reading && reading.faults.map((fault) => fault.path), [path]);
      assert.doesNotMatch(JSON.stringify(reading), /PRIVATE KEY/);
    });
});

describe("UUID and key of a Deckhouse cluster", () => {
  const pinned = { clusterUUID: UUID_B, authnKeyPub: KEY_B.publicKey };
  const [other] = [makeKey().publicKey];
  const others = new Map([
    [UUID_A, "this cluster"],
    [UUID_C, "peer cluster-c"],
  ]);
  const nothing = { config: undefined, pinned: undefined, others };
  const key = tokenKeyFingerprint(KEY_B.publicKey);

  for (const [title, changes, known, paths, audience] of [
    ["at first sight", {}, nothing, [], UUID_B],
    ["as pinned", {}, { ...nothing, pinned }, [], UUID_B],
    ["as configured", {}, { ...nothing, config: { clusterUUID: UUID_B, authnKey: key } }, [], UUID_B],
    [
      "changed, as the config accepts",
      { clusterUUID: UUID_B },
      { ...nothing, pinned: { ...pinned, clusterUUID: UUID_C }, config: { clusterUUID: UUID_B } },
      [],
      UUID_B,
    ],
    [
      "of another UUID than the pinned",
      {},
      { ...nothing, pinned: { ...pinned, clusterUUID: UUID_A } },
      ["clusterUUID"],
      undefined,
    ],
    [
      "of another UUID than the configured",
      {},
      { ...nothing, pinned, config: { clusterUUID: UUID_A } },
      ["clusterUUID"],
      undefined,
    ],
    [
      "of another key than the pinned",
      { authnKeyPub: other },
      { ...nothing, pinned },
      ["authnKeyPub"],
      UUID_B,
    ],
    [
      "of another key than the configured",
      {},
      { ...nothing, config: { authnKey: tokenKeyFingerprint(other) } },
      ["authnKeyPub"],
      UUID_B,
    ],
    ["of this cluster's UUID", { clusterUUID: UUID_A }, nothing, ["clusterUUID"], undefined],
    ["of another peer's UUID", { clusterUUID: UUID_C }, nothing, ["clusterUUID"], undefined],
  ] satisfies [string, object, Parameters<typeof tokenAudience>[1], string[], string | undefined][])
    it(`${paths.length === 0 ? "are accepted" : "are a fault"} ${title}`, () => {
      const document = documentOf(changes);
      const { faults } = validateDeckhousePin("cluster-b", document, known);
      assert.deepEqual(
        faults.map(({ path }) => path),
        paths,
      );
      assert.equal(tokenAudience(document, known), audience);
    });

  it("are accepted by the command that the fault names", () => {
    const { faults } = validateDeckhousePin("b", documentOf({ authnKeyPub: other }), {
      ...nothing,
      pinned: { ...pinned, clusterUUID: UUID_A },
      others: new Map(),
    });
    const remedies = faults.map(({ remedy }) => remedy).join("\n");
    assert.match(
      remedies,
      new RegExp(`config set --path 'istio-federation:peers.b.deckhouse.clusterUUID' ${UUID_B}`),
    );
    assert.match(remedies, new RegExp(`deckhouse.authnKey' ${tokenKeyFingerprint(other)}`));
  });
});

describe("The token for a Deckhouse cluster", () => {
  it("has the documented claims, and is valid for a minute", async () => {
    const token = await signFederationToken(IDENTITY_A, UUID_B, new Date("2026-12-01T00:00:00.900Z"));
    assert.deepEqual(decodeProtectedHeader(token), { alg: "EdDSA" });
    const { payload } = await compactVerify(token, await importSPKI(IDENTITY_A.publicKey, "EdDSA"));
    const seconds = Date.UTC(2026, 11, 1) / 1000;
    assert.deepEqual(JSON.parse(Buffer.from(payload).toString()), {
      iss: "d8-istio",
      aud: UUID_B,
      sub: UUID_A,
      scope: "private-federation",
      nbf: seconds,
      exp: seconds + 60,
    });
  });
});
