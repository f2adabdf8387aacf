import assert from "node:assert/strict";
import type { ServiceError } from "@grpc/grpc-js";
import * as pulumi from "@pulumi/pulumi";
import type { ResourceMonitorClient } from "@pulumi/pulumi/proto/resource_grpc_pb.js";
import type { RegisterResourceRequest, RegisterResourceResponse } from "@pulumi/pulumi/proto/resource_pb.js";
import type { TrafficObjectsArgs } from "../../components/trafficObjects.ts";
import { type TrafficObject, objectKey } from "../../federation/traffic/trafficObject.ts";
import { BAR } from "../federation/samples.ts";
import { CONFIG_WITH_PEER, PEER_B } from "./clusterConfig.ts";
import { clusterPlan } from "./clusterPlan.ts";
import { MockEngine } from "./mockEngine.ts";

const canary: TrafficObject = {
  ...{ group: "networking.istio.io", kind: "VirtualService", apiVersion: "networking.istio.io/v1" },
  ...{ namespace: "shop", name: "bar-canary", labels: {}, annotations: {}, owner: undefined },
  source: "traffic.canaries[0]",
  spec: { hosts: ["bar.shop.svc.cluster-a.local"], http: [{ route: [{ destination: { host: BAR } }] }] },
};

/** Declares traffic objects, and returns the engine that has them. */
async function declare(args: TrafficObjectsArgs, engine = new MockEngine()): Promise<MockEngine> {
  await engine.start(false);
  const { TrafficObjects } = await import("../../components/trafficObjects.ts");
  new TrafficObjects("traffic", args);
  await engine.finish();
  return engine;
}

/** Records the option `ignoreChanges` of resources, by their names. */
class IgnoringEngine extends MockEngine {
  readonly ignored = new Map<string, string[]>();

  override async start(preview: boolean): Promise<void> {
    await super.start(preview);
    const monitor = pulumi.runtime.getMonitor() as ResourceMonitorClient;
    const register: RegisterResource = monitor.registerResource.bind(monitor);
    const registerResource: RegisterResource = (request, callback) => {
      this.ignored.set(request.getName(), request.getIgnorechangesList());
      return register(request, callback);
    };
    Object.assign(monitor, { registerResource });
  }
}

type RegisterResource = (
  request: RegisterResourceRequest,
  callback: (error: ServiceError | null, response: RegisterResourceResponse) => void,
) => unknown;

describe("Traffic objects", () => {
  it("have a label by which no plan of access takes them for its own, and no empty annotations", async () => {
    const annotated = { ...canary, name: "other", labels: { team: "shop" }, annotations: { note: "kept" } };
    const engine = await declare({ objects: [canary, annotated], order: {}, unchanged: {} });
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

  it("leave lists that another controller moved as they are, and take over its fields for other changes", async () => {
    const moved = { ...canary, name: "moved" };
    const written = { ...canary, name: "written" };
    const unchanged = { [objectKey(moved)]: ["http", "tcp"], [objectKey(written)]: [] };
    const engine = new IgnoringEngine();
    await declare({ objects: [canary, moved, written], order: {}, unchanged }, engine);
    const found = engine.resources
      .filter(({ name }) => name.startsWith("VirtualService"))
      .map(({ name, inputs }) => {
        const { annotations } = inputs["metadata"] as { annotations?: object };
        return [name, annotations, engine.ignored.get(name)];
      });
    const force = { "pulumi.com/patchForce": "true" };
    assert.deepEqual(found, [
      ["VirtualService shop/bar-canary", undefined, []],
      ["VirtualService shop/moved", force, ["spec.http", "spec.tcp"]],
      ["VirtualService shop/written", force, []],
    ]);
  });

  it("are registered after those that they refer to", async () => {
    const delegate = { ...canary, name: "delegate" };
    const order = { [objectKey(canary)]: [objectKey(delegate)] };
    const engine = await declare({ objects: [canary, delegate], order, unchanged: {} });
    assert.deepEqual(
      engine.resources.map(({ name }) => name).filter((name) => name.startsWith("VirtualService")),
      ["VirtualService shop/delegate", "VirtualService shop/bar-canary"],
    );
  });

  it("follow the gateways that shortcuts install", async () => {
    const gateway = {
      ...{ namespace: "out", name: "egress", selector: { app: "out" }, type: "ClusterIP" as const },
      ...{ ports: [{ name: "tls", port: 443 }], values: { service: { type: "NodePort" }, replicaCount: 2 } },
    };
    const engine = new MockEngine();
    await engine.start(false);
    const { FederatedCluster } = await import("../../components/federatedCluster.ts");
    const traffic = { objects: [canary], order: {}, unchanged: {}, gateways: [gateway] };
    new FederatedCluster("cluster-a", clusterPlan(CONFIG_WITH_PEER, { traffic }));
    await engine.finish();
    const { inputs } = engine.named("out-egress");
    assert.deepEqual([inputs["name"], inputs["namespace"]], ["egress", "out"]);
    assert.deepEqual(inputs["values"], {
      labels: { app: "out" },
      service: { type: "NodePort", ports: [{ name: "tls", port: 443, targetPort: 443, protocol: "TCP" }] },
      replicaCount: 2,
    });
    const names = engine.resources.map(({ name }) => name);
    assert.ok(names.indexOf("out-egress") < names.indexOf("VirtualService shop/bar-canary"), names.join());
  });

  it("follow the imported services that they may route to", async () => {
    const engine = new MockEngine();
    await engine.start(false);
    const { FederatedCluster } = await import("../../components/federatedCluster.ts");
    new FederatedCluster(
      "cluster-a",
      clusterPlan(CONFIG_WITH_PEER, {
        connection: { peers: PEER_B },
        traffic: { objects: [canary], order: {}, unchanged: {}, gateways: [] },
      }),
    );
    await engine.finish();
    const names = engine.resources.map(({ name }) => name);
    const [imports, route] = ["cluster-a-peer-cluster-b-imports", "VirtualService shop/bar-canary"].map(
      (name) => names.indexOf(name),
    );
    assert.ok(imports !== undefined && route !== undefined && imports >= 0 && imports < route, names.join());
  });

  it("that route come after their targets, and after the wait for these", async () => {
    const rule: TrafficObject = { ...canary, kind: "DestinationRule", name: "bar", spec: { host: BAR } };
    const engine = await declare({ objects: [canary, rule], order: {}, unchanged: {} });
    assert.deepEqual(
      engine.resources.map(({ name }) => name),
      ["traffic", "DestinationRule shop/bar", "traffic-routes", "VirtualService shop/bar-canary"],
    );
  });
});
