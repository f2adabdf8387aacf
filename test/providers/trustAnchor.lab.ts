import assert from "node:assert/strict";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { TrustAnchor } from "../../providers/trustAnchor.ts";
import type { AnchorRequest } from "../../federation/trust/issueAnchors.ts";
import { anchorInputs } from "./support/authorityInputs.ts";
import { PulumiEngine } from "./support/pulumiEngine.ts";
import { TestAuthority } from "../support/testAuthority.ts";

/** Marks a secret in a state. */
const SECRET_MARK = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

describe("TrustAnchor under Pulumi's engine", () => {
  let engine: PulumiEngine;
  let stack: Stack;
  let own: TestAuthority;
  let peer: TestAuthority;
  let inputs: AnchorRequest;
  /** All output so far. */
  let output = "";

  before(async () => {
    own = await TestAuthority.root("O=a.local", { kind: "RSA" });
    peer = await TestAuthority.root("O=b.local");
    engine = await PulumiEngine.start();
    engine.secrets.keys.set(own.keyPem(), "our root's key").set(peer.keyPem(), "the peer's root's key");
    stack = await engine.makeStack("trust", () => {
      const { certificates } = new TrustAnchor("anchor", inputs);
      return Promise.resolve({ certificates });
    });
  });

  after(() => engine.stop());

  beforeEach(() => {
    inputs = anchorInputs(own, peer);
  });

  afterEach(() => {
    output += engine.printed();
  });

  const up = () => stack.up({ ...engine.printing, diff: true });
  const preview = () => stack.preview({ ...engine.printing, diff: true });

  it("issues an anchor and keeps it in any encoding of the key", async () => {
    const { outputs, summary } = await up();
    assert.deepEqual(summary.resourceChanges, { create: 2 });
    inputs.issuerKey = own.keyPem("pkcs1");
    const again = await up();
    assert.deepEqual(again.summary.resourceChanges, { same: 2 });
    assert.deepEqual(again.outputs, outputs);
    assert.equal((await stack.refresh(engine.printing)).summary.resourceChanges?.same, 2);
  });

  it("shows in a preview that a change of the source changes the anchor", async () => {
    inputs.trustDomain = "c.local";
    assert.deepEqual((await preview()).changeSummary, { same: 1, update: 1 });
    const text = engine.printed();
    assert.match(text, /~ trustDomain *: "b\.local" => "c\.local"/);
    assert.match(text, /issuerKey *: \[secret\]/);
  });

  it("reports faults, also when key and certificate are swapped", async () => {
    const { issuerKey, issuerCertificate } = inputs;
    inputs.issuerKey = peer.keyPem();
    await assert.rejects(preview(), /issuerKey is not the key of issuerCertificate/);
    Object.assign(inputs, { issuerKey: issuerCertificate, issuerCertificate: issuerKey });
    await assert.rejects(preview(), /issuerCertificate must be one certificate in PEM/);
  });

  it("prints the key nowhere and keeps it in one place only, encrypted", async () => {
    const { deployment } = (await stack.exportStack()) as {
      deployment: { resources: { type: string; inputs?: Record<string, unknown> }[] };
    };
    const [anchor] = deployment.resources.filter(({ type }) => type.endsWith(":TrustAnchor"));
    // The export decrypts what the state has as a secret, and marks it so.
    const { issuerKey, ...others } = anchor!.inputs!;
    assert.equal((issuerKey as Record<string, string>)[SECRET_MARK], SECRET);
    anchor!.inputs = others;
    const pieces = ["PRIVATE KEY", ...own.keyPem().split("\n").slice(1, -2)];
    for (const text of [output, JSON.stringify(deployment)]) {
      assert.match(text, /BEGIN CERTIFICATE/);
      assert.deepEqual(
        pieces.filter((piece) => text.includes(piece)),
        [],
      );
    }
  });

  it("is deleted with its stack", async () => {
    assert.deepEqual((await stack.destroy(engine.printing)).summary.resourceChanges, { delete: 2 });
  });
});
