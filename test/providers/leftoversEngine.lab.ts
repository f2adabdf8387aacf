import assert from "node:assert/strict";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { readSnapshot } from "../../discovery/snapshot.ts";
import { importLabels } from "../../federation/core/labels.ts";
import { tallyLeftovers } from "../../federation/imports/leftovers.ts";
import { SERVICE_ENTRY } from "../../kubernetes/kinds.ts";
import { Leftovers } from "../../providers/leftovers.ts";
import { LOCAL_CLUSTER, validConfig } from "../federation/samples.ts";
import { EngineFixture } from "./support/engineFixture.ts";
import { BAR, BAR_LINE as LINE, BAZ, NAMESPACE } from "./support/importsFixture.ts";

const GONE = "gone.xyz.svc.cluster-b.local";
const OF_C = "foo.xyz.svc.cluster-c.local";

describe("Entries left behind, under Pulumi's engine", () => {
  let fixture: EngineFixture;
  let stack: Stack;
  /** Hosts by peer: the stack's config. */
  let peers: Record<string, string[]>;

  before(async () => {
    fixture = await EngineFixture.start();
  });

  after(() => fixture.stop());

  /** A stack with an empty state, as if lost. */
  async function withoutState(name: string): Promise<void> {
    stack = await fixture.makeStack(name, program);
  }

  /** The resources of imports and leftovers. */
  async function program(): Promise<Record<string, unknown>> {
    const { kubeconfig } = fixture.cluster;
    const named = Object.fromEntries(Object.keys(peers).map((peer) => [peer, { stack: `none-${peer}` }]));
    const config = validConfig({ cluster: LOCAL_CLUSTER, kubeconfig, peers: named }, "cluster-a");
    const { cluster } = await readSnapshot(config);
    assert.ok("value" in cluster.leftovers, JSON.stringify(cluster.leftovers));
    const found = tallyLeftovers(cluster.leftovers.value);
    const leftovers = new Leftovers("leftovers", { kubeconfig, namespace: NAMESPACE, found });
    const imports = Object.entries(peers).map(([peer, hosts]) => {
      const services = Object.fromEntries(hosts.map((host) => [host, LINE]));
      const { imported } = fixture.declare({ peer, services }, peer, { dependsOn: leftovers });
      return [peer, { state: "ready", reason: "", since: "", imported }] as const;
    });
    return { peers: Object.fromEntries(imports) };
  }

  const up = () => stack.up(fixture.printing);
  const preview = () => stack.preview({ ...fixture.printing, diff: true });

  async function versions(): Promise<Record<string, string | undefined>> {
    const entries = Object.entries(await fixture.entries());
    return Object.fromEntries(entries.map(([name, { metadata }]) => [name, metadata.resourceVersion]));
  }

  it("do not exist after a peer is removed from the config, as its own resource deletes them", async () => {
    await withoutState("first");
    peers = { "cluster-b": [BAR, BAZ], "cluster-c": [OF_C] };
    await up();
    assert.deepEqual(Object.keys(await versions()), [BAR, BAZ, OF_C]);

    peers = { "cluster-b": [BAR, BAZ] };
    fixture.printed();
    const { summary } = await stack.up({ ...fixture.printing, diff: true });
    assert.deepEqual(summary.resourceChanges, { delete: 1, same: 3 });
    assert.doesNotMatch(fixture.printed(), /found/);
    assert.deepEqual(Object.keys(await versions()), [BAR, BAZ]);
  });

  it("are shown in a preview and removed by the update; then there is no diff", async () => {
    await fixture.cluster.makeEntry(NAMESPACE, OF_C, importLabels("cluster-old"));
    fixture.printed();
    assert.deepEqual((await preview()).changeSummary, { same: 2, update: 1 });
    assert.match(fixture.printed(), /~ found *: \{\s*\+ cluster-old: \{\s*\+ entries: 1\s*\+ newest *: "20/);
    assert.deepEqual((await up()).summary.resourceChanges, { same: 2, update: 1 });
    assert.deepEqual(Object.keys(await versions()), [BAR, BAZ]);

    assert.deepEqual((await stack.refresh(fixture.printing)).summary.resourceChanges, { same: 3 });
    const options = { ...fixture.printing, refresh: true, expectNoChanges: true };
    assert.deepEqual((await stack.up(options)).summary.resourceChanges, { same: 3 });
  });

  it("are removed again when as many are left behind a second time", async () => {
    await fixture.cluster.makeEntry(NAMESPACE, OF_C, importLabels("cluster-old"));
    assert.deepEqual((await up()).summary.resourceChanges, { same: 2, update: 1 });
    assert.deepEqual(Object.keys(await versions()), [BAR, BAZ]);
  });

  it("of a lost state are adopted where a peer declares them, otherwise removed", async () => {
    peers = { "cluster-b": [BAR, BAZ, GONE], "cluster-c": [OF_C] };
    await up();
    const { [BAZ]: baz } = await fixture.entries();
    await fixture.cluster.client.replace(SERVICE_ENTRY, {
      ...baz!,
      spec: { ...baz!.spec, endpoints: [{ address: "10.0.0.1" }] },
    });
    await fixture.cluster.makeEntry(NAMESPACE, "theirs.example.com");
    const before = await versions();

    await withoutState("second");
    peers = { "cluster-b": [BAR, BAZ] };
    fixture.printed();
    assert.deepEqual((await preview()).changeSummary, { create: 3 });
    assert.match(fixture.printed(), /found *: \{\s*cluster-c: \{\s*entries: 1/);
    await up();
    const after = await versions();
    assert.deepEqual(Object.keys(after), [BAR, BAZ, "theirs.example.com"]);
    assert.equal(after[BAR], before[BAR], "what is as declared is not written");
    assert.equal(after["theirs.example.com"], before["theirs.example.com"]);
    assert.equal((await fixture.entries())[BAZ]?.spec.endpoints[0]?.address, "203.0.113.10");
    assert.deepEqual((await preview()).changeSummary, { same: 3 });
  });

  it("do not block their hosts for a peer that was renamed", async () => {
    await withoutState("third");
    peers = { "cluster-bee": [BAR, BAZ] };
    await up();
    const { [BAR]: bar } = await fixture.entries();
    assert.equal(bar?.metadata.labels?.["istio-federation.dev/peer"], "cluster-bee");
  });

  it("neither appear nor vanish when the resource is removed from the program", async () => {
    const before = await versions();
    const older = await fixture.makeStack("third", () => {
      fixture.declare({ peer: "cluster-bee", services: { [BAR]: LINE, [BAZ]: LINE } }, "cluster-bee");
      return Promise.resolve({});
    });
    const { summary } = await older.up(fixture.printing);
    assert.deepEqual(summary.resourceChanges, { delete: 1, same: 2 });
    assert.deepEqual(await versions(), before);
  });
});
