import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { readOwnOutputs, readPeerStack } from "../../discovery/stacks.ts";
import { UNSIGNED } from "../discovery/support.ts";
import { SERVICE_ENTRY } from "../../kubernetes/kinds.ts";
import { type DeclaredArgs, EngineFixture } from "./support/engineFixture.ts";
import { BAR, BAR_LINE as LINE, BAZ, NAMESPACE } from "./support/importsFixture.ts";
import type { TestCluster } from "./support/testCluster.ts";

describe("ImportedServices under Pulumi's engine", () => {
  let fixture: EngineFixture;
  let cluster: TestCluster;
  let stack: Stack;
  let declared: DeclaredArgs;
  /** Runs in the program, before its resource. */
  let first: () => Promise<unknown>;

  before(async () => {
    fixture = await EngineFixture.start();
    cluster = fixture.cluster;
    stack = await fixture.makeStack("here", async () => {
      const found = await first();
      const { imported } = fixture.declare({ services: { [BAR]: LINE, [BAZ]: LINE }, ...declared });
      return { imported, found };
    });
  });

  after(() => fixture.stop());

  beforeEach(() => {
    declared = {};
    first = () => Promise.resolve();
    fixture.printed();
  });

  const up = () => stack.up(fixture.printing);
  const preview = () => stack.preview({ ...fixture.printing, diff: true });
  const entries = () => fixture.entries();

  it("creates the entries, and has no diff afterwards", async () => {
    const { outputs, summary } = await up();
    assert.equal(outputs.imported?.value, 2);
    assert.equal(summary.resourceChanges?.create, 2);
    assert.deepEqual(Object.keys(await entries()), [BAR, BAZ]);
    assert.deepEqual((await up()).summary.resourceChanges, { same: 2 });
  });

  it("shows in a preview which services are added, changed and removed", async () => {
    declared.services = { [BAR]: LINE.replace("8080", "8081"), "new.xyz.svc.cluster-b.local": LINE };
    const { changeSummary } = await preview();
    assert.deepEqual(changeSummary, { same: 1, update: 1 });
    const text = fixture.printed();
    assert.match(text, /~ bar\.xyz\.svc\.cluster-b\.local: ports 8080\/HTTP http => 8081\/HTTP http/);
    assert.match(text, /- baz\.xyz\.svc\.cluster-b\.local/);
    assert.match(text, /\+ new\.xyz\.svc\.cluster-b\.local: 8080\/HTTP http as spiffe:/);
    assert.match(text, /~ number +: 8080 => 8081/);
  });

  it("keeps a pending peer's entries without a diff", async () => {
    Object.assign(declared, { gateways: [], services: {}, pending: "its stack is gone" });
    assert.deepEqual((await up()).summary.resourceChanges, { same: 2 });
    assert.deepEqual((await preview()).changeSummary, { same: 2 });
    assert.deepEqual(Object.keys(await entries()), [BAR, BAZ]);
  });

  it("reports faults before any change", async () => {
    declared.services = { Bar: LINE };
    await assert.rejects(preview(), /must be a DNS name/);
  });

  it("shows manual changes after a refresh, and repairs them", async () => {
    const { [BAR]: bar, [BAZ]: baz } = await entries();
    assert.ok(bar && baz);
    bar.spec.endpoints = [{ address: "10.0.0.1" }];
    await cluster.client.replace(SERVICE_ENTRY, bar);
    await cluster.client.delete(SERVICE_ENTRY, baz);
    assert.equal((await stack.refresh(fixture.printing)).summary.resourceChanges?.update, 1);
    assert.deepEqual((await preview()).changeSummary, { same: 1, update: 1 });
    const text = fixture.printed();
    assert.match(text, /- bar\.xyz\.svc\.cluster-b\.local: "endpoints"/);
    assert.match(text, /~ bar\.xyz\.svc\.cluster-b\.local: restored as declared/);
    assert.match(text, /\+ baz\.xyz/);
    await up();
    assert.equal((await entries())[BAR]?.spec.endpoints[0]?.address, "203.0.113.10");
    assert.deepEqual((await preview()).changeSummary, { same: 2 });
  });

  it("resumes after a partial failure", async () => {
    const name = "taken.xyz.svc.cluster-b.local";
    await cluster.makeEntry(NAMESPACE, name);
    const { [name]: made } = await entries();
    assert.ok(made);
    declared.services = { [BAR]: LINE, [name]: LINE, "new.xyz.svc.cluster-b.local": LINE };
    await assert.rejects(up(), /taken\.xyz\.svc\.cluster-b\.local belongs to/);
    assert.deepEqual(Object.keys(await entries()), [BAR, "new.xyz.svc.cluster-b.local", name]);
    assert.deepEqual((await preview()).changeSummary, { same: 1, update: 1 });

    await cluster.client.delete(SERVICE_ENTRY, made);
    assert.equal((await up()).outputs.imported?.value, 3);
    assert.deepEqual((await preview()).changeSummary, { same: 2 });
  });

  it("replaces a renamed peer's entries in one update", async () => {
    declared.peer = "cluster-bee";
    await up();
    const labels = Object.values(await entries()).map(
      ({ metadata }) => metadata.labels?.["istio-federation.dev/peer"],
    );
    assert.deepEqual(labels, ["cluster-bee", "cluster-bee"]);
  });

  it("keeps under 1 KB of provider text, and no credentials, in the state", async () => {
    const { deployment } = (await stack.exportStack()) as {
      deployment: { resources: { inputs?: { __provider?: string } }[] };
    };
    const state = JSON.stringify(deployment);
    assert.doesNotMatch(state, /"token"|BEGIN|certificate-authority/);
    const texts = deployment.resources.flatMap(({ inputs }) => inputs?.__provider ?? []);
    assert.equal(texts.length, 1);
    assert.ok((texts[0]?.length ?? 0) < 1024);
  });

  it("reads its own stack and peers' stacks, secrets included, and missing ones", async () => {
    const there = await fixture.makeStack("there", () =>
      Promise.resolve({
        federation: { cluster: "there" },
        access: { here: { token: pulumi.secret("t") }, server: "s" },
        trustAnchors: {},
      }),
    );
    await there.up();
    await fixture.makeStack("empty", () => Promise.resolve({}));
    first = async () => {
      const own = await readOwnOutputs();
      return {
        peers: {
          b: await readPeerStack("b", "there"),
          c: await readPeerStack("c", "organization/engine-test/none"),
          d: await readPeerStack("d", "empty"),
        },
        own: "value" in own ? (own.value["federation"] ?? "nothing") : own,
        at: pulumi.getStack(),
      };
    };
    const { outputs } = await up();
    assert.deepEqual(outputs.found?.value, {
      peers: {
        b: {
          value: {
            contract: { cluster: "there" },
            signature: UNSIGNED,
            access: { here: { token: "t" }, server: "s" },
            trustAnchors: {},
          },
        },
        c: {
          value: {
            pending:
              "stack organization/engine-test/none does not exist in the backend of this run, or you may not read it; run `pulumi up` on it, then here",
          },
        },
        d: {
          value: {
            pending:
              "stack organization/engine-test/empty has no output `federation` yet; run `pulumi up` on it, then here",
            trustAnchors: {},
          },
        },
      },
      own: "nothing",
      at: "here",
    });
  });

  it("deletes all entries with the stack", async () => {
    await stack.destroy();
    assert.deepEqual(await entries(), {});
  });
});
