import assert from "node:assert/strict";
import { FIRST_ROOT, recordStep } from "../../federation/authority/rotation.ts";
import { Findings } from "../../federation/core/findings.ts";
import { describeFault } from "../../federation/core/fault.ts";
import { lastDeckhouse, parseLastRun } from "../../federation/lastRun.ts";
import { datesOf } from "../../federation/trust/expiry.ts";
import { fingerprintOf } from "../../federation/x509/certificate.ts";
import { policiesFor } from "./access/callersFixture.ts";
import { IDENTITY_A, UUID_B } from "./deckhouse/deckhouseSamples.ts";
import { ACCESS, TOKEN } from "./mesh/meshSamples.ts";
import { contentDigest } from "../../federation/contract/signature.ts";
import { ROOT_A, ROOT_B, contractOf, NO_LAST_RUN } from "./samples.ts";

/** @returns what was parsed, and its faults as lines. */
function parse(outputs: Record<string, unknown>): { lastRun: object | undefined; faults: string[] } {
  const findings = new Findings();
  const lastRun = parseLastRun({ value: outputs }, findings);
  return { lastRun, faults: findings.faults.map(describeFault) };
}

const { policies } = policiesFor(
  { callers: [{ peer: "cluster-a", methods: ["GET"] }], localCallers: [] },
  {},
  {},
);
const [policy] = policies;
const status = { state: "pending", reason: "gone", since: "2026-11-21T10:28:15Z", imported: 3 };
const pinned = { clusterDomain: "b.local", trustDomain: "b.local", rootCertificates: [ROOT_B] };
const alias = {
  namespace: "xyz",
  service: "bar",
  spec: {
    hosts: ["bar.shop.example"],
    location: "MESH_INTERNAL",
    resolution: "STATIC",
    ports: [{ number: 80, name: "istio-federation-80", protocol: "HTTP", targetPort: 8080 }],
    workloadSelector: { labels: { app: "bar" } },
    exportTo: ["istio-gateway"],
  },
};
const remembered = {
  rotation: recordStep(
    { wanted: FIRST_ROOT, last: undefined, now: "2026-11-21T10:00:00Z" },
    { 1: fingerprintOf(ROOT_A) },
  ),
  issued: { certificate: "signed", rootCertificates: [ROOT_A], intermediate: 2 },
  policies: { [`${policy?.namespace}/${policy?.name}`]: policy },
  __importedBy: { "cluster-b": { "foo.abc.svc.cluster-a.local": ["shop"] } },
  __registered: { "cluster-b": { "bar.xyz.svc.cluster-b.local": "0123abcd" } },
  callers: { "foo.abc.svc.cluster-a.local": [{ peer: "cluster-a", methods: ["GET"] }] },
  aliases: { "xyz/bar": alias },
  credentials: {
    "cluster-b": { issued: "2026-11-11T10:00:00Z", expires: "2026-12-01T10:00:00Z", hours: 480 },
  },
  joined: { "cluster-b": ACCESS },
  trustDomainHosts: { "cluster-b": ["bar.xyz.svc.cluster-b.local"] },
};
const outputs = {
  federation: contractOf(),
  trustAnchors: { c: pinned, b: pinned },
  peers: { c: status, b: status },
  certificates: { root: datesOf(ROOT_A) },
  certificateRequest: "request",
  lastRun: remembered,
};

describe("Outputs of the last update", () => {
  it("are none before the first one", () => {
    const { lastRun, faults } = parse({});
    assert.deepEqual(faults, []);
    assert.deepEqual({ ...NO_LAST_RUN, ...lastRun }, NO_LAST_RUN);
  });

  it("are read as they were written, sorted by peer", () => {
    const { lastRun, faults } = parse(JSON.parse(JSON.stringify(outputs)) as typeof outputs);
    assert.deepEqual(faults, []);
    assert.deepEqual(lastRun, {
      contract: contractOf(),
      published: { revision: 1, digest: contentDigest(contractOf()) },
      pinned: { b: pinned, c: pinned },
      statuses: { b: status, c: status },
      certificates: outputs.certificates,
      certificateRequest: "request",
      ...remembered,
    });
    assert.deepEqual(Object.keys((lastRun as { pinned: object }).pinned), ["b", "c"]);
  });

  for (const [path, change] of [
    ["federation", { federation: { ...contractOf(), schemaVersion: 9 } }],
    ["trustAnchors.b", { trustAnchors: { b: { ...pinned, trustDomain: "?" } } }],
    ["peers.b", { peers: { b: { ...status, imported: {} } } }],
    ["certificates", { certificates: { root: "never" } }],
    ["lastRun.rotation", { lastRun: { ...remembered, rotation: { ...remembered.rotation, phase: "rest" } } }],
    ["lastRun.issued", { lastRun: { ...remembered, issued: { certificate: "x" } } }],
    ["lastRun.policies", { lastRun: { ...remembered, policies: { "shop/x": { action: "MAYBE" } } } }],
    ["lastRun.aliases", { lastRun: { ...remembered, aliases: "?" } }],
    ["lastRun.joined", { lastRun: { ...remembered, joined: { b: { ...ACCESS, server: "?" } } } }],
    ["lastRun", { lastRun: "text" }],
  ] as const) {
    it(`are a fault where ${path} cannot be read, which shows no secret`, () => {
      const { faults } = parse({ ...outputs, ...change });
      const text = faults.join("\n");
      assert.ok(faults.length > 0);
      if (path !== "federation") assert.ok(text.includes(`outputs of this stack.${path}`), text);
      assert.match(text, path === "federation" ? /schemaVersion/ : /pulumi stack history/);
      assert.ok(!text.includes(TOKEN), text);
    });
  }

  it("are faults all at once", () => {
    const { faults } = parse({ ...outputs, peers: "?", certificates: "?", federation: "?" });
    assert.equal(faults.length, 3);
  });
});

describe("The identity and the pins by which Deckhouse clusters are read", () => {
  const { publicKey: authnKeyPub, ...identity } = IDENTITY_A;
  const pin = { ...pinned, deckhouse: { clusterUUID: UUID_B, authnKeyPub } };

  it("are those of the last update", () => {
    const published = { lastRun: { ...remembered, deckhouse: identity }, trustAnchors: { b: pin } };
    assert.deepEqual(lastDeckhouse(published), { deckhouse: identity, pinned: { b: pin } });
  });

  for (const [title, published] of [
    ["before the first update", {}],
    ["without a key", { lastRun: remembered, trustAnchors: {} }],
    ["where they cannot be parsed", { lastRun: { deckhouse: "x" }, trustAnchors: "x" }],
  ] satisfies [string, Record<string, unknown>][])
    it(`are none ${title}`, () => {
      assert.deepEqual(lastDeckhouse(published), { deckhouse: undefined, pinned: {} });
    });
});
