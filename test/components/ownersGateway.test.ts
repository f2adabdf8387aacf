import assert from "node:assert/strict";
import type { Workload } from "../../federation/exports/clusterServices.ts";
import { CAPTURES_ALL } from "../../federation/exports/inboundCapture.ts";
import { installed, joiningConfig } from "../federation/existing/installation.ts";
import { clusterPlanOf } from "../federation/planning.ts";
import { MockEngine, settled } from "./mockEngine.ts";

const existing = { namespace: "edge", selector: { istio: "eastwest", tier: "edge" }, service: "crossing" };
const cluster = { name: "cluster-a", domain: "cluster-a.local", trustDomain: "cluster-a.mesh" };
const config = joiningConfig({
  cluster: { ...cluster, domains: ["a.example"] },
  gateway: { existing },
  exports: [
    { namespace: "abc", service: "foo", gateway: "terminating", localCallers: [{ namespaces: ["client"] }] },
    { namespace: "abc", service: "bar", as: "{name}.a.example" },
  ],
});

const names = ["foo", "bar"];
const ports = [{ name: "http", port: 8080, protocol: "TCP" }];
const workload = (name: string): Workload => ({
  ...{ kind: "Pod", namespace: "abc", name: `${name}-1`, addresses: ["10.0.0.1"], ready: true },
  labels: { app: name, "security.istio.io/tlsMode": "istio" },
  ...{ serviceAccount: name, ports: {}, hostNetwork: false, inject: undefined, capture: CAPTURES_ALL },
});

const labels = existing.selector;
const { plan } = clusterPlanOf(config, {
  snapshot: {
    cluster: {
      gateway: { value: [{ address: "203.0.113.10", port: 443 }] },
      installation: {
        value: installed({
          namespaces: { "istio-system": {}, abc: {}, edge: {} },
          gateway: {
            services: [
              {
                ...{ name: "crossing", type: "LoadBalancer", selector: labels, externalIPs: [] },
                ...{ ports: [{ port: 443, targetPort: 15443 }], isTranslating: true },
              },
            ],
            pods: [
              {
                ...{ name: "eastwest-1", labels, serviceAccount: "edge-proxy", isRouter: true, ports: {} },
                environment: { PROXY_CONFIG_XDS_AGENT: "true" },
              },
            ],
            objects: [],
          },
        }),
      },
      services: {
        value: {
          services: names.map((name) => ({
            ...{
              namespace: "abc",
              name,
              labels: {},
              annotations: {},
              type: "ClusterIP",
              clusterIP: "10.1.0.1",
            },
            ...{ selector: { app: name }, ports },
          })),
          workloads: names.map(workload),
          namespaces: { abc: {} },
        },
      },
    },
  },
});

describe("FederatedCluster with a gateway of the mesh's owner", () => {
  const engine = new MockEngine();
  let contract: { services?: Record<string, { subjectAltNames: string[] }> };

  before(async () => {
    await engine.start(false);
    const { FederatedCluster } = await import("../../components/federatedCluster.ts");
    const { outputs } = new FederatedCluster("cluster-a", plan);
    contract = (await settled(outputs.federation)) as typeof contract;
    await engine.finish();
  });

  type Inputs = { metadata?: { name?: string; namespace?: string }; spec?: Record<string, unknown> };
  const declared = (kind: string) =>
    engine.resources.filter(({ type }) => type.endsWith(`:${kind}`)).map(({ inputs }) => inputs as Inputs);

  it("declares its Gateway object, and the routes and policies of that, beside the owner's Pods", () => {
    const [gateway = assert.fail()] = declared("Gateway");
    assert.deepEqual(
      [gateway.metadata?.namespace, gateway.metadata?.name, gateway.spec?.["selector"]],
      ["edge", "istio-federation", labels],
    );
    const [route = assert.fail()] = declared("VirtualService");
    assert.deepEqual(
      [route.metadata?.namespace, route.spec?.["gateways"]],
      ["edge", ["edge/istio-federation"]],
    );
    const policies = declared("AuthorizationPolicy").filter(({ metadata }) => metadata?.namespace === "edge");
    assert.deepEqual(
      policies.map(({ spec }) => spec?.["selector"]),
      [{ matchLabels: labels }],
    );
  });

  it("admits the gateway by its own account at workloads, and is visible to it alone under aliases", () => {
    const atWorkloads = declared("AuthorizationPolicy").filter(
      ({ metadata }) => metadata?.namespace === "abc",
    );
    assert.match(JSON.stringify(atWorkloads), /cluster-a\.mesh\/ns\/edge\/sa\/edge-proxy/);
    const alias = declared("ServiceEntry").find(({ metadata }) => metadata?.namespace === "abc");
    assert.deepEqual(alias?.spec?.["exportTo"], ["edge"]);
    assert.deepEqual(contract.services?.["foo.abc.svc.cluster-a.local"]?.subjectAltNames, [
      "spiffe://cluster-a.mesh/ns/edge/sa/edge-proxy",
    ]);
  });

  it("asks for the addresses of the owner's Service, and for nothing else of it", () => {
    const { namespace, service, settings, port } = engine.named("cluster-a-gateway-addresses").inputs;
    assert.deepEqual(
      { namespace, service, settings, port },
      { namespace: "edge", service: "crossing", settings: {}, port: 15443 },
    );
  });

  it("installs nothing, and has no namespace of the gateway", () => {
    assert.deepEqual(declared("Release"), []);
    assert.deepEqual(declared("Service"), []);
    assert.deepEqual(
      declared("Namespace").map(({ metadata }) => metadata?.name),
      ["istio-federation"],
    );
  });
});
