import assert from "node:assert/strict";
import type { ExportAlias } from "../../federation/exports/alias.ts";
import { clusterPlan } from "./clusterPlan.ts";
import { MockEngine, type Registered, settled } from "./mockEngine.ts";
import { validConfig } from "../federation/samples.ts";

const HOST = "bar.shop.example";
const config = validConfig(
  {
    cluster: { name: "cluster-b", domain: "b.local", domains: ["shop.example"] },
    kubeconfig: { path: "kubeconfig", context: "cluster-b" },
    gateway: { advertise: [{ address: "203.0.113.10" }] },
    exports: [{ namespace: "shop", service: "bar", as: HOST }],
  },
  "cluster-b",
);
const services = {
  [HOST]: {
    ports: [{ number: 80, name: "http", protocol: "HTTP" as const }],
    subjectAltNames: ["spiffe://b.local/ns/shop/sa/bar"],
  },
};
const aliases: ExportAlias[] = [
  {
    namespace: "shop",
    service: "bar",
    spec: {
      hosts: [HOST],
      location: "MESH_INTERNAL",
      resolution: "STATIC",
      ports: [{ number: 80, name: "istio-federation-80", protocol: "HTTP", targetPort: 8080 }],
      workloadSelector: { labels: { app: "bar" } },
      exportTo: ["istio-gateway"],
    },
  },
];

for (const preview of [true, false]) {
  describe(`A FederatedCluster with aliased exports, ${preview ? "previewed" : "applied"}`, () => {
    const engine = new MockEngine();
    let published: unknown;
    let contract: unknown;
    let made: Registered;
    const openWhenMade = engine.hold("/istio-federation-as-", "cluster-b-gateway-gateway");

    before(async () => {
      await engine.start(preview);
      const { FederatedCluster } = await import("../../components/federatedCluster.ts");
      const cluster = new FederatedCluster("cluster-b", clusterPlan(config, { services, aliases }));
      published = cluster.outputs.lastRun.aliases;
      contract = await settled(cluster.outputs.federation);
      await engine.finish();
      made = engine.named("istio-federation-as-bar");
    });

    it("creates a ServiceEntry per alias in the Service's namespace, labelled as managed by istio-federation", () => {
      assert.equal(made.type, "kubernetes:networking.istio.io/v1:ServiceEntry");
      assert.equal(made.name, "cluster-b-aliases-shop/istio-federation-as-bar");
      assert.deepEqual(made.inputs, {
        apiVersion: "networking.istio.io/v1",
        kind: "ServiceEntry",
        metadata: {
          name: "istio-federation-as-bar",
          namespace: "shop",
          labels: { "app.kubernetes.io/managed-by": "istio-federation" },
        },
        spec: aliases[0]?.spec,
      });
      assert.match(made.provider, /::cluster-b-cluster::/);
    });

    it("declares a Gateway with exactly the aliases as hosts, after their ServiceEntries exist", () => {
      assert.equal(openWhenMade(), false);
      const { servers } = engine.named("cluster-b-gateway-gateway").inputs["spec"] as {
        servers: { hosts: string[] }[];
      };
      assert.deepEqual(
        servers.map(({ hosts }) => hosts),
        [[HOST]],
      );
    });

    it("records the aliases in lastRun and publishes the cluster's domains", () => {
      assert.deepEqual(published, { "shop/bar": aliases[0] });
      if (preview) return;
      assert.deepEqual((contract as { domains?: string[] }).domains, ["shop.example"]);
    });
  });
}
