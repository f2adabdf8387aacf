import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { FIRST_ROOT } from "../../federation/authority/rotation.ts";
import { parseConfig } from "../../federation/config.ts";
import { viewPeers } from "../../federation/peers/peers.ts";
import type { ClusterDns, ImportAddresses } from "../../federation/dns/clusterDns.ts";
import { BAR, contractOf } from "../federation/samples.ts";
import { MockEngine } from "./mockEngine.ts";

const config = parseConfig(
  {
    cluster: { name: "cluster-a", domain: "cluster-a.local" },
    kubeconfig: { context: "cluster-a" },
    gateway: { advertise: [{ address: "203.0.113.10" }] },
    dns: { coreDns: { configMap: "coredns-custom" } },
    peers: { "cluster-b": { stack: "b" } },
  },
  "cluster-a",
);
const { peers } = viewPeers(
  config,
  { "cluster-b": { contract: contractOf() } },
  { pinned: {}, statuses: {} },
  new Date("2026-11-21T10:28:15Z"),
);
const authority = { rotation: { wanted: FIRST_ROOT, now: "2026-11-21T10:00:00Z" } };
const addresses: ImportAddresses = { "cluster-b": { [BAR]: "240.241.7.7" } };

/** The blocks for the Corefile that a cluster is made with, what it publishes, and whether a name could come before its entry. */
async function made(dns: ClusterDns) {
  const engine = new MockEngine();
  await engine.start(true);
  let isEarly = false;
  engine.making = async (name) => {
    if (!name.endsWith("-peer-cluster-b-imports")) return;
    await setTimeout(200);
    isEarly = engine.resources.some((resource) => resource.name === "cluster-a-coredns");
  };
  const { FederatedCluster } = await import("../../components/federatedCluster.ts");
  const found = { exports: {}, peers, leftovers: {}, dns };
  const { importAddresses } = new FederatedCluster("cluster-a", { config, authority, ...found });
  await engine.finish();
  const stubs = engine.resources.filter(({ name }) => name === "cluster-a-coredns");
  return {
    importAddresses,
    isEarly,
    stubs: stubs.map(({ inputs }) => [inputs["configMap"], inputs["block"]]),
  };
}

describe("A cluster whose CoreDNS answers for imported names", () => {
  it("shows the block that is to be in the Corefile once the entries are there, and publishes the addresses for its next run", async () => {
    assert.deepEqual(await made({ addresses, block: "the block" }), {
      importAddresses: addresses,
      isEarly: false,
      stubs: [["coredns-custom", "the block"]],
    });
  });

  it("has none where nothing is imported", async () => {
    assert.deepEqual((await made({ addresses })).stubs, []);
  });

  it("publishes very many addresses folded", async () => {
    const names = Array.from({ length: 200 }, (_, index) => [`s${index}.b.local`, "240.241.7.7"]);
    const many = { "cluster-b": Object.fromEntries(names) as Record<string, string> };
    const { importAddresses } = await made({ addresses: many });
    assert.deepEqual(Object.keys(importAddresses ?? {}), ["foldedAddresses", "__addresses"]);
  });
});
