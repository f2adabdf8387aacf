import assert from "node:assert/strict";
import type { Phase, RotationRecord } from "../../federation/authority/rotation.ts";
import { fingerprintOf } from "../../federation/x509/certificate.ts";
import { ownPlan } from "./clusterPlan.ts";
import { MockEngine, NEXT_ROOT_CERTIFICATE, settled } from "./mockEngine.ts";
import { ROOT_CERTIFICATE } from "../federation/samples.ts";

const EARLIER = "2026-11-20T10:00:00Z";
const NOW = "2026-11-21T10:00:00Z";
const [FIRST, NEXT] = [ROOT_CERTIFICATE, NEXT_ROOT_CERTIFICATE];
const ROOTS = { 1: fingerprintOf(FIRST), 2: fingerprintOf(NEXT) };

/** Declares an own authority on its way to its second root. */
async function declare(phase: Phase, last?: RotationRecord) {
  const engine = new MockEngine();
  await engine.start(false);
  const { CertificateAuthority } = await import("../../components/certificateAuthority.ts");
  const { parts } = new CertificateAuthority("ca", {
    plan: ownPlan({ wanted: { root: 2, phase }, last, now: NOW }),
    organization: "a.local",
    organizationalUnit: undefined,
    algorithm: "ECDSA",
    namespace: "istio-system",
  });
  await engine.finish();
  // A secret is wrapped: its value beside a signature.
  const { value } = engine.named("ca-cacerts").inputs["stringData"] as { value: Record<string, string> };
  return { engine, parts, files: value };
}

describe("An own root certificate authority in rotation", () => {
  const published: [Phase, string[]][] = [
    ["announce", [FIRST, NEXT]],
    ["trust", [FIRST, NEXT]],
    ["sign", [FIRST, NEXT]],
    ["drop", [NEXT]],
  ];
  for (const [phase, roots] of published) {
    it(`publishes ${roots.length} root(s) in phase '${phase}'`, async () => {
      assert.deepEqual(await settled((await declare(phase)).parts.roots), roots);
    });
  }

  it("gives istiod the next root from phase 'trust' on, and the first root until it is dropped", async () => {
    const trusted = async (phase: Phase) => (await declare(phase)).files["root-cert.pem"];
    assert.equal(await trusted("announce"), FIRST);
    assert.equal(await trusted("trust"), FIRST + NEXT);
    assert.equal(await trusted("sign"), NEXT + FIRST, "the one that signs comes first");
    assert.equal(await trusted("drop"), NEXT);
  });

  it("signs the intermediate and the trust anchors with the next root from phase 'sign' on", async () => {
    const signed = async (phase: Phase, intermediate: string, root: string) => {
      const { engine, parts, files } = await declare(phase);
      assert.equal(engine.named(intermediate).inputs["caCertPem"], root);
      assert.equal(files["ca-key.pem"], `private key of ${intermediate}-key`);
      assert.ok(files["cert-chain.pem"]?.endsWith(root));
      assert.ok(parts.issuer);
      assert.equal(await settled(parts.issuer.certificate), root);
    };
    await signed("announce", "ca-intermediate", FIRST);
    await signed("trust", "ca-intermediate", FIRST);
    await signed("sign", "ca-intermediate-2", NEXT);
    await signed("drop", "ca-intermediate-2", NEXT);
  });

  it("signs the contract under the root that signs, with one key", async () => {
    const signer = async (phase: Phase) => {
      const { engine, parts } = await declare(phase);
      const { contractSigner } = await import("../../components/contractSigner.ts");
      const made = await settled(contractSigner("contract", "a.local", parts, {}));
      await engine.finish();
      const { inputs } = engine.resources.find(({ name }) => name === "contract") ?? assert.fail();
      assert.equal(made?.certificates.length, 2, "the signing certificate and the intermediate");
      const { value } = inputs["caPrivateKeyPem"] as { value: string };
      return [value, engine.resources.filter(({ name }) => name === "contract-key").length];
    };
    for (const phase of ["announce", "trust"] as const)
      assert.deepEqual(await signer(phase), ["private key of ca-intermediate-key", 1]);
    for (const phase of ["sign", "drop"] as const)
      assert.deepEqual(await signer(phase), ["private key of ca-intermediate-2-key", 1]);
  });

  it("keeps the first root's key exactly until the root is dropped", async () => {
    const keys = async (phase: Phase) =>
      (await declare(phase)).engine.resources
        .map(({ name }) => name)
        .filter((name) => /root.*-key$/.test(name));
    assert.deepEqual(await keys("sign"), ["ca-root-key", "ca-root-2-key"]);
    assert.deepEqual(await keys("drop"), ["ca-root-2-key"]);
  });

  it("gives each root a distinct subject", async () => {
    const { engine } = await declare("trust");
    const names = engine.resources
      .filter(({ type }) => type === "tls:index/selfSignedCert:SelfSignedCert")
      .map(({ inputs }) => inputs["subject"]);
    assert.deepEqual(names, [
      { organization: "a.local", commonName: "Root CA" },
      { organization: "a.local", commonName: "Root CA 2" },
    ]);
  });

  it("records the phase, and until when each former root signed", async () => {
    const last: RotationRecord = { root: 2, phase: "trust", since: EARLIER, roots: ROOTS, signedUntil: {} };
    const { engine, parts } = await declare("sign", last);
    const { rotation } = parts;
    assert.ok(rotation);
    assert.deepEqual(await settled(rotation), {
      root: 2,
      phase: "sign",
      since: NOW,
      roots: ROOTS,
      signedUntil: { 1: NOW },
    });
    const { metadata } = engine.named("ca-cacerts").inputs as { metadata: { annotations?: object } };
    assert.deepEqual(metadata.annotations, { "istio-federation.dev/signed-until": `{"1":"${NOW}"}` });
  });
});
