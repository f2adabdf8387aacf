import assert from "node:assert/strict";
import { type TrafficObject, objectKey } from "../../federation/traffic/trafficObject.ts";
import { viewPeers } from "../federation/planContext.ts";
import { BAR, contractOf, validConfig } from "../federation/samples.ts";
import { clusterPlan } from "./clusterPlan.ts";
import { MockEngine } from "./mockEngine.ts";

const config = validConfig(
  {
    cluster: { name: "cluster-a", domain: "cluster-a.local" },
    kubeconfig: { path: "kubeconfig", context: "cluster-a" },
    gateway: { advertise: [{ address: "203.0.113.10" }] },
    peers: { "cluster-b": { stack: "cluster-b" } },
  },
  "cluster-a",
);
const { peers } = viewPeers(config, { "cluster-b": { contract: contractOf() } });

const canary: TrafficObject = {
  ...{ group: "networking.istio.io", kind: "VirtualService", apiVersion: "networking.istio.io/v1" },
  ...{ namespace: "shop", name: "bar-canary", labels: {}, annotations: {}, source: "traffic.canaries[0]" },
  spec: { hosts: ["bar.shop.svc.cluster-a.local"], http: [{ route: [{ destination: { host: BAR } }] }] },
};

describe("Traffic objects", () => {
  it("have a label by which no plan of access takes them for its own, and no empty annotations", async () => {
    const engine = new MockEngine();
    await engine.start(false);
    const { TrafficObjects } = await import("../../components/trafficObjects.ts");
    const annotated = { ...canary, name: "other", labels: { team: "shop" }, annotations: { note: "kept" } };
    new TrafficObjects("traffic", { objects: [canary, annotated], order: {} });
    await engine.finish();
    const labels = {
      "app.kubernetes.io/managed-by": "istio-federation",
      "istio-federation.dev/traffic": "true",
    };
    const [plain, other] = engine.resources
      .filter(({ name }) => name.startsWith("VirtualService"))
      .map(({ inputs }) => inputs["metadata"]);
    assert.deepEqual(plain, { namespace: "shop", name: "bar-canary", labels });
    assert.deepEqual(other, {
      ...{ namespace: "shop", name: "other", labels: { team: "shop", ...labels } },
      annotations: { note: "kept" },
    });
  });

  it("are registered after those that they refer to", async () => {
    const engine = new MockEngine();
    await engine.start(false);
    const { TrafficObjects } = await import("../../components/trafficObjects.ts");
    const delegate = { ...canary, name: "delegate" };
    const order = { [objectKey(canary)]: [objectKey(delegate)] };
    new TrafficObjects("traffic", { objects: [canary, delegate], order });
    await engine.finish();
    assert.deepEqual(
      engine.resources.map(({ name }) => name).filter((name) => name.startsWith("VirtualService")),
      ["VirtualService shop/delegate", "VirtualService shop/bar-canary"],
    );
  });

  it("follow the imported services that they may route to", async () => {
    const engine = new MockEngine();
    await engine.start(false);
    const { FederatedCluster } = await import("../../components/federatedCluster.ts");
    new FederatedCluster(
      "cluster-a",
      clusterPlan(config, { connection: { peers }, traffic: { objects: [canary], order: {} } }),
    );
    await engine.finish();
    const names = engine.resources.map(({ name }) => name);
    const [imports, route] = ["cluster-a-peer-cluster-b-imports", "VirtualService shop/bar-canary"].map(
      (name) => names.indexOf(name),
    );
    assert.ok(imports !== undefined && route !== undefined && imports >= 0 && imports < route, names.join());
  });

  it("that route come after their targets, and after the wait for these", async () => {
    const engine = new MockEngine();
    await engine.start(false);
    const { TrafficObjects } = await import("../../components/trafficObjects.ts");
    const rule: TrafficObject = { ...canary, kind: "DestinationRule", name: "bar", spec: { host: BAR } };
    new TrafficObjects("traffic", { objects: [canary, rule], order: {} });
    await engine.finish();
    assert.deepEqual(
      engine.resources.map(({ name }) => name),
      ["traffic", "DestinationRule shop/bar", "traffic-routes", "VirtualService shop/bar-canary"],
    );
  });
});
