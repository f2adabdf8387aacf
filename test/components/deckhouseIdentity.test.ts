import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type { FederatedCluster } from "../../components/federatedCluster.ts";
import { clusterUUIDOf } from "../../federation/deckhouse/identity.ts";
import { clusterConfig } from "./clusterConfig.ts";
import { clusterPlan } from "./clusterPlan.ts";
import { MockEngine, PUBLIC_KEY, settled } from "./mockEngine.ts";

const config = clusterConfig();

async function declare(hasDeckhousePeers: boolean) {
  const engine = new MockEngine();
  await engine.start(false);
  const { FederatedCluster: Cluster } = await import("../../components/federatedCluster.ts");
  const cluster: FederatedCluster = new Cluster("cluster-a", clusterPlan(config, { hasDeckhousePeers }));
  await engine.finish();
  return { engine, identity: cluster.outputs.lastRun.deckhouse };
}

describe("The identity of a cluster for Deckhouse clusters", () => {
  it("is a key in the state that the next run reads, as a secret", async () => {
    const { engine, identity } = await declare(true);
    assert.deepEqual(engine.named("cluster-a-deckhouse-key").inputs, { algorithm: "ED25519" });
    assert.ok(identity !== undefined);
    assert.equal(await pulumi.isSecret(identity), true);
    assert.deepEqual(await settled(identity), {
      clusterUUID: clusterUUIDOf(PUBLIC_KEY),
      key: "private key of cluster-a-deckhouse-key",
    });
  });

  it("is not made for other peers", async () => {
    const { engine, identity } = await declare(false);
    assert.equal(identity, undefined);
    assert.ok(!engine.resources.some(({ name }) => name.includes("deckhouse")));
  });
});
