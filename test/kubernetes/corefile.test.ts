import assert from "node:assert/strict";
import {
  obstacleIn,
  renderGlobalBlock,
  unclearIn,
  withGlobalBlock,
} from "../../federation/topology/globalBlock.ts";
import type { ClusterClient } from "../../kubernetes/client.ts";
import { ClusterError } from "../../kubernetes/errors.ts";
import type { KubernetesObject } from "../../kubernetes/kinds.ts";
import { editCorefile, readCorefile } from "../../kubernetes/corefile.ts";

const NAME = { namespace: "kube-system", configMap: "coredns" };
const BLOCK = renderGlobalBlock("10.96.0.77");
const COREFILE = ".:53 {\n    errors\n}\n";

type ConfigMap = KubernetesObject & { data?: Record<string, string> };

/** A cluster with one ConfigMap and a number of concurrent writes by others. */
class FakeCluster {
  readonly where = "cluster context a";
  readonly written: ConfigMap[] = [];
  private configMap: ConfigMap | undefined;
  private conflicts: number;

  constructor(data: Record<string, string> | undefined, conflicts = 0) {
    this.configMap = data && {
      metadata: { name: "coredns", namespace: "kube-system", resourceVersion: "7", labels: { a: "b" } },
      data,
    };
    this.conflicts = conflicts;
  }

  get client(): ClusterClient {
    return this as unknown as ClusterClient;
  }

  get(): Promise<ConfigMap | undefined> {
    return Promise.resolve(this.configMap);
  }

  replace(_kind: unknown, object: ConfigMap): Promise<void> {
    if (this.conflicts-- > 0) {
      const failure = { operation: "replace", cause: "409 Conflict", status: 409 };
      return Promise.reject(new ClusterError(this.where, failure));
    }
    this.written.push(object);
    this.configMap = object;
    return Promise.resolve();
  }
}

const put = (cluster: FakeCluster) =>
  editCorefile(cluster.client, NAME, {
    obstacle: (corefile) => obstacleIn(corefile, BLOCK),
    edit: (corefile) => withGlobalBlock(corefile, BLOCK),
  });
const takeOut = (cluster: FakeCluster) =>
  editCorefile(cluster.client, NAME, {
    obstacle: unclearIn,
    edit: (corefile) => withGlobalBlock(corefile, ""),
  });

describe("editCorefile", () => {
  it("writes the block with the resourceVersion it read, and keeps the rest of the ConfigMap", async () => {
    const cluster = new FakeCluster({ Corefile: COREFILE, other: "x" });
    await put(cluster);
    assert.deepEqual(cluster.written, [
      {
        metadata: { name: "coredns", namespace: "kube-system", resourceVersion: "7", labels: { a: "b" } },
        data: { Corefile: BLOCK + COREFILE, other: "x" },
      },
    ]);
    assert.equal((await readCorefile(cluster.client, NAME)).corefile, BLOCK + COREFILE);
  });

  it("writes nothing when the block is there; removing it restores the Corefile", async () => {
    const cluster = new FakeCluster({ Corefile: COREFILE });
    await put(cluster);
    await put(cluster);
    assert.equal(cluster.written.length, 1);
    await takeOut(cluster);
    assert.equal(cluster.written[1]?.data?.["Corefile"], COREFILE);
  });

  it("retries after conflicts, a bounded number of times", async () => {
    const cluster = new FakeCluster({ Corefile: COREFILE }, 4);
    await put(cluster);
    assert.equal(cluster.written.length, 1);
    await assert.rejects(put(new FakeCluster({ Corefile: COREFILE }, 5)), /409 Conflict/);
  });

  it("refuses a Corefile with somebody else's server block for these names", async () => {
    const cluster = new FakeCluster({ Corefile: `${COREFILE}global:53 {\n}\n` });
    await assert.rejects(
      put(cluster),
      /cannot change Corefile of ConfigMap kube-system\/coredns: it has a server block 'global:53' of another owner\. Nothing was changed in it\. Have its owner remove it/,
    );
    assert.deepEqual(cluster.written, []);
  });

  it("removes the block whatever else is in the Corefile", async () => {
    const theirs = `${COREFILE}global:53 {\n}\n`;
    const cluster = new FakeCluster({ Corefile: BLOCK + theirs });
    await takeOut(cluster);
    assert.equal(cluster.written[0]?.data?.["Corefile"], theirs);
  });

  it("refuses a Corefile with incomplete markers and names the lines to remove by hand", async () => {
    const cluster = new FakeCluster({ Corefile: BLOCK.replace(/# END.*\n/, "") + COREFILE });
    for (const edit of [put, takeOut])
      await assert.rejects(
        edit(cluster),
        /it has the lines .* not once each, in this order\. Nothing was changed in it\. Remove the rest of our server block 'global' manually/,
      );
    assert.deepEqual(cluster.written, []);
  });

  for (const [what, data] of [
    ["its ConfigMap does not exist", undefined],
    ["its ConfigMap has none", { other: "x" }],
  ] as const) {
    it(`reports a missing Corefile when ${what}`, async () => {
      const cluster = new FakeCluster(data);
      await assert.rejects(put(cluster), /it does not exist\. Name CoreDNS' ConfigMap in dns\.coreDns/);
      assert.equal((await readCorefile(cluster.client, NAME)).corefile, undefined);
    });
  }
});
