import assert from "node:assert/strict";
import pMap from "p-map";
import { readSnapshot } from "../../discovery/snapshot.ts";
import { importLabels } from "../../federation/core/labels.ts";
import { type Leftover, tallyLeftovers } from "../../federation/imports/leftovers.ts";
import { LOCAL_CLUSTER, validConfig } from "../federation/samples.ts";
import { NAMESPACE } from "../providers/support/importsFixture.ts";
import { sharedCluster } from "../providers/support/sharedCluster.ts";
import type { TestCluster } from "../providers/support/testCluster.ts";
import { valueOf, withStacks } from "./support.ts";

describe("Leftovers in a snapshot of a real API server", () => {
  let cluster: TestCluster;

  before(async () => {
    cluster = await sharedCluster(false);
  });

  after(() => cluster.clear());

  async function find(...peers: string[]): Promise<Record<string, Leftover>> {
    await withStacks({});
    const named = Object.fromEntries(peers.map((peer) => [peer, { stack: peer }]));
    const raw = { cluster: LOCAL_CLUSTER, kubeconfig: cluster.kubeconfig, peers: named };
    const snapshot = await readSnapshot(validConfig(raw, "cluster-a"));
    return tallyLeftovers(valueOf(snapshot.cluster.leftovers));
  }

  const make = (name: string, labels: Record<string, string>, namespace = NAMESPACE) =>
    cluster.makeEntry(namespace, name, labels);

  it("are empty where Istio's CRDs are not installed", async () => {
    assert.deepEqual(await find("cluster-b"), {});
  });

  it("are empty where the namespace does not exist", async () => {
    await cluster.installIstioKinds();
    await cluster.removeNamespace(NAMESPACE);
    assert.deepEqual(await find("cluster-b"), {});
  });

  it("include entries of unknown peers with both labels in the namespace of imports", async () => {
    await cluster.makeNamespace(NAMESPACE);
    await make("bar.b", importLabels("cluster-b"));
    await make("bar.old", importLabels("cluster-old"));
    await make("baz.old", importLabels("cluster-old"));
    await make("bar.older", importLabels("cluster-older"));
    await make("elsewhere.old", importLabels("cluster-old"), "default");
    await make("theirs.example.com", {});
    await make("labelled.example.com", { "istio-federation.dev/peer": "cluster-old" });
    await make("taken.example.com", { ...importLabels("cluster-old"), "app.kubernetes.io/managed-by": "x" });
    await make("nobodys.example.com", { "app.kubernetes.io/managed-by": "istio-federation" });

    const counts = async (...peers: string[]) =>
      Object.entries(await find(...peers)).map(([peer, { entries }]) => [peer, entries]);
    assert.deepEqual(await counts("cluster-b"), [
      ["cluster-old", 2],
      ["cluster-older", 1],
    ]);
    assert.deepEqual(await counts("cluster-b", "cluster-old", "cluster-older"), []);
    assert.equal((await counts()).length, 3);
  });

  it("include when the newest was created", async () => {
    const { "cluster-old": old } = await find("cluster-b");
    assert.ok(Date.now() - Date.parse(old?.newest ?? "") < 600_000, old?.newest);
  });

  it("include entries of all pages", async () => {
    const names = Array.from({ length: 501 }, (_, index) => `s${index}.many`);
    await pMap(names, (name) => make(name, importLabels("cluster-many")), { concurrency: 16 });
    assert.equal((await find("cluster-b"))["cluster-many"]?.entries, 501);
  });
});
