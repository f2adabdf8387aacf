import assert from "node:assert/strict";
import { CoreV1Api } from "@kubernetes/client-node";
import { discoverServices } from "../../discovery/exportedServices.ts";
import { observeGateway } from "../../discovery/gatewayAddresses.ts";
import type { ClusterServices, ExportRule } from "../../federation/exports.ts";
import { GatewayAddresses } from "../../providers/gatewayAddresses.ts";
import {
  type KubernetesObject,
  NODE,
  POD,
  type ResourceKind,
  SERVICE,
  WORKLOAD_ENTRY,
} from "../../providers/cluster/kinds.ts";
import { loadKubeconfig } from "../../providers/cluster/kubeconfig.ts";
import { ProviderProcess, providerText } from "../providers/support/providerProcess.ts";
import { TestCluster } from "../providers/support/testCluster.ts";

const SERVICE_ACCOUNT: ResourceKind = {
  group: "",
  version: "v1",
  kind: "ServiceAccount",
  plural: "serviceaccounts",
};
const EXPORT = { "istio-federation.dev/export": "true" };
const GATEWAY = { namespace: "istio-gateway", service: "eastwestgateway", port: 15443 };

let cluster: TestCluster;

before(async () => {
  cluster = await TestCluster.start("discovery", "127.30.0.3");
  for (const namespace of ["xyz", "other", GATEWAY.namespace]) await cluster.makeNamespace(namespace);
});

after(async () => cluster?.stop());

async function make(
  kind: ResourceKind,
  namespace: string | undefined,
  name: string,
  rest: object,
): Promise<void> {
  const { labels, ...fields } = rest as { labels?: Record<string, string> };
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }), ...(labels ? { labels } : {}) };
  const apiVersion = kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
  await cluster.client.apply(kind, { apiVersion, kind: kind.kind, metadata, ...fields }, true);
}

/** Writes the status of a Service or Node, as their controllers would: there are none here. */
async function setStatus(kind: ResourceKind, { metadata }: KubernetesObject, status: object): Promise<void> {
  const { name, namespace = "" } = metadata;
  const api = (await loadKubeconfig(cluster.kubeconfig)).makeApiClient(CoreV1Api);
  if (kind === NODE) await api.replaceNodeStatus({ name, body: { metadata: { name }, status } });
  else await api.replaceNamespacedServiceStatus({ name, namespace, body: { metadata: { name }, status } });
}

describe("discoverServices on a real API server", () => {
  before(async () => {
    const ports = [{ name: "http", port: 8080, appProtocol: "http" }];
    await make(SERVICE, "xyz", "bar", { labels: EXPORT, spec: { selector: { app: "bar" }, ports } });
    await make(SERVICE, "xyz", "hidden", { spec: { selector: { app: "hidden" }, ports } });
    await make(SERVICE, "other", "foo", {
      labels: EXPORT,
      spec: { clusterIP: "None", selector: { app: "foo" }, ports },
    });
    await make(SERVICE_ACCOUNT, "xyz", "bar", {});
    await make(POD, "xyz", "bar-1", {
      labels: { app: "bar" },
      spec: { serviceAccountName: "bar", containers: [{ name: "a", image: "a" }] },
    });
  });

  async function discover(rules: ExportRule[]): Promise<ClusterServices> {
    const found = await discoverServices(cluster.kubeconfig, rules);
    assert.ok(!("unreachable" in found));
    return found;
  }

  function names({ services }: ClusterServices): string[] {
    return services.map(({ namespace, name }) => `${namespace}/${name}`).sort();
  }

  it("works without Istio's kinds", async () => {
    const { services, workloads } = await discover([{ namespace: "xyz", service: "bar" }]);
    const bar = services.find(({ name }) => name === "bar");
    assert.deepEqual(bar?.ports, [{ name: "http", port: 8080, protocol: "TCP", appProtocol: "http" }]);
    assert.deepEqual(bar.selector, { app: "bar" });
    assert.deepEqual(workloads, [{ namespace: "xyz", labels: { app: "bar" }, serviceAccount: "bar" }]);
  });

  it("finds labelled Services in all namespaces, each once", async () => {
    assert.deepEqual(names(await discover([{ selector: EXPORT }, { selector: EXPORT, namespace: "xyz" }])), [
      "other/foo",
      "xyz/bar",
    ]);
  });

  it("finds labelled Services in one namespace", async () => {
    assert.deepEqual(names(await discover([{ selector: EXPORT, namespace: "other" }])), ["other/foo"]);
  });

  it("finds WorkloadEntries, with the labels that Istio sees", async () => {
    await cluster.installIstioKinds();
    await make(WORKLOAD_ENTRY, "xyz", "vm", {
      labels: { app: "bar" },
      spec: { address: "127.0.0.9", serviceAccount: "bar-vm", labels: { app: "x", version: "v1" } },
    });
    const { workloads } = await discover([{ namespace: "xyz", service: "bar" }]);
    assert.deepEqual(workloads[1], {
      namespace: "xyz",
      labels: { app: "bar", version: "v1" },
      serviceAccount: "bar-vm",
    });
  });
});

describe("GatewayAddresses against a real API server", () => {
  let provider: ProviderProcess;

  before(async () => {
    const args = { kubeconfig: {}, ...GATEWAY, timeoutSeconds: 0 };
    provider = await ProviderProcess.start(await providerText(() => new GatewayAddresses("text", args)));
  });

  after(async () => provider?.stop());

  afterEach(async () => {
    const service = await cluster.client.get(SERVICE, GATEWAY.namespace, GATEWAY.service);
    if (service !== undefined) await cluster.client.delete(SERVICE, service);
  });

  const inputs = (timeoutSeconds: number) => ({ kubeconfig: cluster.kubeconfig, ...GATEWAY, timeoutSeconds });

  async function makeGateway(type: string, nodePort?: number): Promise<KubernetesObject> {
    const port = { name: "tls", port: 15443, ...(nodePort === undefined ? {} : { nodePort }) };
    await make(SERVICE, GATEWAY.namespace, GATEWAY.service, {
      spec: { type, selector: { a: "b" }, ports: [port] },
    });
    const made = await cluster.client.get(SERVICE, GATEWAY.namespace, GATEWAY.service);
    assert.ok(made);
    return made;
  }

  const virtual = (ip: string) => ({ ip, ipMode: "VIP" });

  function observe() {
    return observeGateway(cluster.kubeconfig, GATEWAY.namespace, GATEWAY.service, GATEWAY.port);
  }

  it("waits for the load balancer's addresses, and gives all of them, in order", async () => {
    const service = await makeGateway("LoadBalancer");
    const creating = provider.create(inputs(30));
    const ingress = [{ hostname: "lb.example.com" }, virtual("203.0.113.20"), virtual("203.0.113.10")];
    await setStatus(SERVICE, service, { loadBalancer: { ingress } });
    const { id, outs } = await creating;
    assert.equal(id, "istio-gateway/eastwestgateway");
    const expected = ["203.0.113.10", "203.0.113.20", "lb.example.com"].map((address) => ({
      address,
      port: 15443,
    }));
    assert.deepEqual(outs.addresses, expected);
    assert.deepEqual(await observe(), expected);
  });

  it("warns, and does not fail, when there is none in time; a refresh finds it later", async () => {
    const service = await makeGateway("LoadBalancer");
    const { id, outs } = await provider.create(inputs(1));
    assert.deepEqual(outs.addresses, []);
    assert.deepEqual(await observe(), []);
    assert.match(
      provider.lines.join("\n"),
      /gateway istio-gateway\/eastwestgateway: .*no load balancer address after 1 s/,
    );
    await setStatus(SERVICE, service, { loadBalancer: { ingress: [virtual("203.0.113.10")] } });
    assert.deepEqual((await provider.read(id, outs)).props.addresses, [
      { address: "203.0.113.10", port: 15443 },
    ]);
  });

  it("gives the ready nodes' addresses and the node port", async () => {
    await makeGateway("NodePort", 31443);
    assert.deepEqual(await observe(), []);
    const addresses = (address: string) => [{ type: "InternalIP", address }];
    for (const [name, address, ready] of [
      ["n1", "10.0.0.2", "True"],
      ["n2", "10.0.0.1", "True"],
      ["n3", "10.0.0.3", "False"],
    ]) {
      await make(NODE, undefined, name ?? "", {});
      const node = (await cluster.client.list(NODE)).find(({ metadata }) => metadata.name === name);
      assert.ok(node);
      const status = { conditions: [{ type: "Ready", status: ready }], addresses: addresses(address ?? "") };
      await setStatus(NODE, node, status);
    }
    const { outs } = await provider.create(inputs(0));
    const expected = ["10.0.0.1", "10.0.0.2"].map((address) => ({ address, port: 31443 }));
    assert.deepEqual(outs.addresses, expected);
  });

  it("gives none of a Service that does not exist or is not reached from outside", async () => {
    assert.deepEqual(await observe(), []);
    await makeGateway("ClusterIP");
    assert.deepEqual(await observe(), []);
  });
});
