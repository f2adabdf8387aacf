import assert from "node:assert/strict";
import { FIRST_ROOT } from "../../federation/authority/rotation.ts";
import { parseConfig } from "../../federation/config.ts";
import { MockEngine } from "./mockEngine.ts";

const config = parseConfig(
  {
    cluster: { name: "cluster-a", domain: "cluster-a.local" },
    kubeconfig: { context: "cluster-a" },
    gateway: { advertise: [{ address: "203.0.113.10" }] },
    dns: { coreDns: { configMap: "coredns-custom" } },
  },
  "cluster-a",
);
const authority = { rotation: { wanted: FIRST_ROOT, now: "2026-11-21T10:00:00Z" } };
const addresses = { "cluster-b": { "bar.xyz.svc.cluster-b.local": "240.241.7.7" } };

/** The blocks for the Corefile that a cluster is made with, and what it publishes. */
async function made(importDns: { addresses: typeof addresses; block?: string }) {
  const engine = new MockEngine();
  await engine.start(true);
  const { FederatedCluster } = await import("../../components/federatedCluster.ts");
  const found = { exports: {}, peers: {}, leftovers: {}, importDns };
  const { importAddresses } = new FederatedCluster("cluster-a", { config, authority, ...found });
  await engine.finish();
  const stubs = engine.resources.filter(({ name }) => name === "cluster-a-coredns");
  return { importAddresses, stubs: stubs.map(({ inputs }) => [inputs["configMap"], inputs["block"]]) };
}

describe("A cluster whose CoreDNS answers for imported names", () => {
  it("shows the block that is to be in the Corefile, and publishes the addresses for its next run", async () => {
    assert.deepEqual(await made({ addresses, block: "the block" }), {
      importAddresses: addresses,
      stubs: [["coredns-custom", "the block"]],
    });
  });

  it("has none where nothing is imported", async () => {
    assert.deepEqual((await made({ addresses })).stubs, []);
  });
});
