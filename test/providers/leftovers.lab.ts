import assert from "node:assert/strict";
import { importLabels } from "../../federation/core/labels.ts";
import { type KubernetesObject, SERVICE_ENTRY } from "../../kubernetes/kinds.ts";
import { Leftovers } from "../../providers/leftovers.ts";
import { NAMESPACE } from "./support/importsFixture.ts";
import { writeNowhere } from "./support/kubeconfigFile.ts";
import { ProviderProcess, initFailure, providerText } from "./support/providerProcess.ts";
import { sharedCluster } from "./support/sharedCluster.ts";
import type { TestCluster } from "./support/testCluster.ts";

const OLD = { "cluster-old": { entries: 2, newest: "2026-11-16T10:00:00Z" } };

describe("Leftovers against a real API server", () => {
  let cluster: TestCluster;
  let provider: ProviderProcess;

  before(async () => {
    cluster = await sharedCluster();
    await cluster.makeNamespace(NAMESPACE);
    const args = { kubeconfig: {}, namespace: "", found: {} };
    provider = await ProviderProcess.start(await providerText(() => new Leftovers("text", args)));
  });

  after(async () => {
    await provider.stop();
    await cluster.clear();
  });

  afterEach(async () => {
    for (const entry of await entries()) await cluster.client.delete(SERVICE_ENTRY, entry);
  });

  function inputs(found: object, more: object = {}): Record<string, unknown> {
    return { kubeconfig: cluster.kubeconfig, namespace: NAMESPACE, found, ...more };
  }

  function entries(): Promise<KubernetesObject[]> {
    return cluster.client.list(SERVICE_ENTRY, { namespace: NAMESPACE });
  }

  async function names(): Promise<string[]> {
    return (await entries()).map(({ metadata }) => metadata.name).sort();
  }

  const make = (name: string, labels: Record<string, string>) => cluster.makeEntry(NAMESPACE, name, labels);

  it("removes the given entries of a peer, and no others", async () => {
    await make("bar.old", importLabels("cluster-old"));
    await make("baz.old", importLabels("cluster-old"));
    await make("bar.b", importLabels("cluster-b"));
    await make("bar.unseen", importLabels("cluster-unseen"));
    await make("labelled.example.com", { "istio-federation.dev/peer": "cluster-old" });
    await make("nobodys.example.com", { "app.kubernetes.io/managed-by": "istio-federation" });
    await make("taken.example.com", { ...importLabels("cluster-old"), "app.kubernetes.io/managed-by": "x" });
    await make("theirs.example.com", {});
    const { id, outs } = await provider.create(inputs(OLD));
    assert.equal(id, NAMESPACE);
    assert.deepEqual(await names(), [
      "bar.b",
      "bar.unseen",
      "labelled.example.com",
      "nobodys.example.com",
      "taken.example.com",
      "theirs.example.com",
    ]);
    assert.equal((await provider.diff(id, outs, inputs({}))).changes, false);
    assert.equal((await provider.diff(id, outs, inputs(OLD))).changes, false, "as a refresh asks");
    const later = { "cluster-old": { entries: 2, newest: "2026-11-17T10:00:00Z" } };
    assert.equal((await provider.diff(id, outs, inputs(later))).changes, true);
  });

  it("succeeds when the entries or the namespace are gone already", async () => {
    assert.deepEqual((await provider.create(inputs(OLD))).outs, { removed: OLD });
    assert.deepEqual((await provider.create(inputs(OLD, { namespace: "none" }))).outs, { removed: OLD });
  });

  it("sends no request when there are none", async () => {
    const quiet = inputs({}, { kubeconfig: await writeNowhere() });
    const { id, outs } = await provider.create(quiet);
    assert.deepEqual(await provider.update(id, outs, quiet), outs);
    assert.deepEqual((await provider.read(id, outs)).props, outs);
  });

  it("keeps all entries when the resource is deleted: a peer may still declare them", async () => {
    await make("bar.b", importLabels("cluster-b"));
    const { id, outs } = await provider.create(inputs({}));
    await provider.delete(id, outs);
    assert.deepEqual(await names(), ["bar.b"]);
  });

  it("reports the peers whose entries remain, and has a diff until they are removed", async () => {
    const found = { ...OLD, "cluster-older": { entries: 1, newest: "2026-11-16T10:00:00Z" } };
    const declared = inputs(found, { kubeconfig: await writeNowhere() });
    const failure = await provider
      .update(NAMESPACE, { removed: {} }, declared)
      .then(() => assert.fail("must fail"), initFailure);
    assert.match(
      failure?.reasons[0] ?? "",
      /^entries of peer cluster-old: cluster context "nowhere": cannot/,
    );
    assert.deepEqual(failure?.reasons.slice(1), [
      "entries of peer cluster-older: not tried, as it would fail alike",
    ]);
    assert.equal((await provider.diff(NAMESPACE, failure.properties, declared)).changes, true);

    await make("bar.old", importLabels("cluster-old"));
    await provider.update(NAMESPACE, failure.properties, inputs(found));
    assert.deepEqual(await names(), []);
  });
});
