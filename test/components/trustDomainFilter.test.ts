import assert from "node:assert/strict";
import type { TrustDomainFilter } from "../../federation/imports/trustDomainFilter.ts";
import { BAR } from "../federation/samples.ts";
import { CONFIG_WITH_PEER, PEER_B } from "./clusterConfig.ts";
import { clusterPlan } from "./clusterPlan.ts";
import { MockEngine } from "./mockEngine.ts";

async function declare(hosts: string[]) {
  const engine = new MockEngine();
  await engine.start(false);
  const { FederatedCluster } = await import("../../components/federatedCluster.ts");
  const trustDomainHosts =
    hosts.length === 0 ? {} : { "cluster-b": { trustDomain: "cluster-b.local", hosts } };
  const cluster = new FederatedCluster(
    "cluster-a",
    clusterPlan(CONFIG_WITH_PEER, { connection: { peers: PEER_B, trustDomainHosts } }),
  );
  await engine.finish();
  return { engine, remembered: cluster.outputs.lastRun.trustDomainHosts };
}

describe("Hosts without identities", () => {
  it("have an EnvoyFilter in Istio's root namespace, before they are imported; the next run reads them", async () => {
    const { engine, remembered } = await declare([BAR]);
    const { metadata, spec } = engine.named("cluster-a-trust-domain-cluster-b").inputs as {
      metadata: { namespace: string };
      spec: TrustDomainFilter;
    };
    assert.equal(metadata.namespace, "istio-system");
    assert.deepEqual(
      spec.configPatches.map(({ match }) => match.cluster.service),
      [BAR],
    );
    const names = engine.resources.map(({ name }) => name);
    assert.ok(
      names.indexOf("cluster-a-trust-domain-cluster-b") < names.indexOf("cluster-a-peer-cluster-b-imports"),
    );
    assert.deepEqual(remembered, { "cluster-b": [BAR] });
  });

  it("have none where there are none", async () => {
    const { engine, remembered } = await declare([]);
    assert.ok(!engine.resources.some(({ name }) => name.includes("trust-domain")));
    assert.deepEqual(remembered, {});
  });
});
