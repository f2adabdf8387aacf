import assert from "node:assert/strict";
import { clusterPlan, providedPlan } from "./clusterPlan.ts";
import { MockEngine, settled } from "./mockEngine.ts";
import { viewPeers } from "../federation/planContext.ts";
import { ROOT_B, ROOT_C, contractOf, validConfig } from "../federation/samples.ts";
import { linesOf } from "../federation/imports/importOf.ts";

const HTTPBIN = "httpbin.bar.svc.cluster.local";
const service = {
  ports: [{ number: 8000, name: "http", protocol: "HTTP" as const }],
  subjectAltNames: ["spiffe://cluster.local/ns/bar/sa/httpbin"],
};

const config = validConfig(
  {
    cluster: { name: "cluster-1", domain: "cluster.local" },
    topology: "replicated",
    kubeconfig: { context: "cluster-1" },
    gateway: { advertise: [{ address: "203.0.113.10" }] },
    certificateAuthority: {
      source: "provided",
      provided: { certificate: "c", key: "k", root: "r" },
      allowUnconstrainedAnchors: true,
    },
    dns: { coreDns: { address: "10.96.0.77" } },
    peers: { "cluster-2": { stack: "cluster-2" } },
  },
  "cluster-1",
);

const contractOfPeer = contractOf({
  cluster: "cluster-2",
  clusterDomain: "cluster.local",
  trustDomain: "cluster.local",
  topology: "replicated",
  services: { [HTTPBIN]: service },
});

const authority = providedPlan({ certificate: ROOT_C, key: "key", chain: [], roots: [ROOT_B] });
const { peers, notes } = viewPeers(
  config,
  { "cluster-2": { contract: contractOfPeer } },
  {},
  new Date("2026-11-21T10:28:15Z"),
  authority,
);

for (const preview of [true, false]) {
  describe(`A cluster with a replicated control plane, ${preview ? "previewed" : "applied"}`, () => {
    const engine = new MockEngine();
    let contract: unknown;

    before(async () => {
      await engine.start(preview);
      const { FederatedCluster } = await import("../../components/federatedCluster.ts");
      const connection = { peers, globalBlock: "the block" };
      const plan = clusterPlan(config, { authority, services: { [HTTPBIN]: service }, connection });
      const cluster = new FederatedCluster("cluster-1", plan);
      contract = await settled(cluster.outputs.federation);
      await engine.finish();
    });

    it("imports a peer's service under its .global name with the remote host", () => {
      const { services } = engine.named("peer-cluster-2-imports").inputs;
      assert.deepEqual(linesOf({ services, notAsDeclared: {} }), {
        "httpbin.bar.global":
          "8000/HTTP http of httpbin.bar.svc.cluster.local as spiffe://cluster.local/ns/bar/sa/httpbin",
      });
    });

    it("declares a Gateway with exactly the local hosts of its exports", () => {
      const { spec } = engine.named("gateway-gateway").inputs as { spec: { servers: { hosts: string[] }[] } };
      assert.deepEqual(
        spec.servers.map(({ hosts }) => hosts),
        [[HTTPBIN]],
      );
    });

    it("outputs the CoreDNS server block for clients without a sidecar", () => {
      const { kubeconfig, namespace, configMap, block } = engine.named("cluster-1-coredns").inputs;
      assert.deepEqual(
        [kubeconfig, namespace, configMap],
        [{ context: "cluster-1" }, "kube-system", "coredns"],
      );
      assert.equal(block, "the block");
    });

    it("publishes its topology", () => {
      if (preview) return;
      assert.equal((contract as { topology: string }).topology, "replicated");
      // No host is in the mesh domain.
      assert.equal((contract as { meshDomain?: string }).meshDomain, undefined);
    });
  });
}

describe("A preview of replicated control planes", () => {
  it("warns that peers in one trust domain can issue each other's identities", () => {
    assert.match(
      notes.join("\n"),
      /^trust domain cluster\.local is that of this cluster, cluster-2: .* no trust anchor/m,
    );
  });
});
