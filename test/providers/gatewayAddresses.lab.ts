import assert from "node:assert/strict";
import { readSnapshot } from "../../discovery/snapshot.ts";
import { NODE, SERVICE } from "../../kubernetes/kinds.ts";
import { GatewayAddresses } from "../../providers/gatewayAddresses.ts";
import { withStacks } from "../discovery/support.ts";
import { SERVICES } from "../federation/config/gatewayServices.ts";
import { LOCAL_CLUSTER, validConfig } from "../federation/samples.ts";
import { ProviderProcess, providerText } from "./support/providerProcess.ts";
import { sharedCluster } from "./support/sharedCluster.ts";
import type { TestCluster } from "./support/testCluster.ts";

const GATEWAY = {
  namespace: "istio-gateway",
  service: "eastwestgateway",
  port: 15443,
  settings: { type: "LoadBalancer" as const },
};

describe("GatewayAddresses against a real API server", () => {
  let cluster: TestCluster;
  let provider: ProviderProcess;

  before(async () => {
    cluster = await sharedCluster();
    await cluster.makeNamespace(GATEWAY.namespace);
    const args = { kubeconfig: {}, ...GATEWAY, timeoutSeconds: 0 };
    provider = await ProviderProcess.start(await providerText(() => new GatewayAddresses("text", args)));
  });

  after(async () => {
    await cluster.clear();
    await provider.stop();
  });

  afterEach(async () => {
    const service = await cluster.client.get(SERVICE, GATEWAY.namespace, GATEWAY.service);
    if (service !== undefined) await cluster.client.delete(SERVICE, service);
  });

  const inputs = (timeoutSeconds: number) => ({ kubeconfig: cluster.kubeconfig, ...GATEWAY, timeoutSeconds });

  async function makeGateway(type: string, nodePort?: number): Promise<void> {
    const port = { name: "tls", port: 15443, ...(nodePort === undefined ? {} : { nodePort }) };
    await cluster.make(SERVICE, GATEWAY.namespace, GATEWAY.service, {
      spec: { type, selector: { a: "b" }, ports: [port] },
    });
  }

  it("is for Services that the API server accepts where the config does", async () => {
    const made = SERVICES.map(async ({ service, faults, cluster: why }, index) => {
      const { type = "LoadBalancer", labels, annotations, nodePort, ...rest } = service;
      const metadata = { name: `gateway-${index}`, namespace: GATEWAY.namespace, labels, annotations };
      const spec = { ...rest, type, selector: { a: "b" }, ports: [{ name: "tls", port: 15443, nodePort }] };
      const object = { apiVersion: "v1", kind: "Service", metadata, spec };
      const refusal = await cluster.client.apply(SERVICE, object as never, true).then(
        () => "",
        (error: unknown) => String(error),
      );
      const accepts = faults.length === 0 || why !== undefined;
      assert.equal(refusal === "", accepts, `${JSON.stringify(service)}: ${refusal}`);
      await cluster.remove(SERVICE, GATEWAY.namespace, metadata.name);
    });
    await Promise.all(made);
  });

  const virtual = (ip: string) => ({ ip, ipMode: "VIP" });

  /** Addresses in a snapshot of the cluster. */
  async function observe() {
    await withStacks({});
    const config = { cluster: LOCAL_CLUSTER, kubeconfig: cluster.kubeconfig };
    const { gateway } = (await readSnapshot(validConfig(config, "cluster-a"))).cluster;
    return "value" in gateway ? gateway.value : gateway;
  }

  it("waits for the load balancer's addresses and returns all of them, sorted", async () => {
    await makeGateway("LoadBalancer");
    const creating = provider.create(inputs(30));
    const ingress = [{ hostname: "lb.example.com" }, virtual("203.0.113.20"), virtual("203.0.113.10")];
    await cluster.setStatus(SERVICE, GATEWAY.namespace, GATEWAY.service, { loadBalancer: { ingress } });
    const { id, outs } = await creating;
    assert.equal(id, "istio-gateway/eastwestgateway");
    const expected = ["203.0.113.10", "203.0.113.20", "lb.example.com"].map((address) => ({
      address,
      port: 15443,
    }));
    assert.deepEqual(outs.addresses, expected);
    assert.deepEqual(await observe(), expected);
  });

  it("warns when there is none in time, and reads it in a later refresh", async () => {
    await makeGateway("LoadBalancer");
    const { id, outs } = await provider.create(inputs(1));
    assert.deepEqual(outs.addresses, []);
    assert.deepEqual(await observe(), []);
    assert.match(
      provider.lines.join("\n"),
      /gateway istio-gateway\/eastwestgateway: .*no load balancer address after 1 s/,
    );
    await cluster.setStatus(SERVICE, GATEWAY.namespace, GATEWAY.service, {
      loadBalancer: { ingress: [virtual("203.0.113.10")] },
    });
    assert.deepEqual((await provider.read(id, outs)).props.addresses, [
      { address: "203.0.113.10", port: 15443 },
    ]);
  });

  it("returns the ready nodes' addresses with the node port", async () => {
    await makeGateway("NodePort", 31443);
    assert.deepEqual(await observe(), []);
    const addresses = (address: string) => [{ type: "InternalIP", address }];
    for (const [name, address, ready] of [
      ["n1", "10.0.0.2", "True"],
      ["n2", "10.0.0.1", "True"],
      ["n3", "10.0.0.3", "False"],
    ] as const) {
      await cluster.make(NODE, undefined, name, {});
      const status = { conditions: [{ type: "Ready", status: ready }], addresses: addresses(address) };
      await cluster.setStatus(NODE, "", name, status);
    }
    const { outs } = await provider.create(inputs(0));
    const expected = ["10.0.0.1", "10.0.0.2"].map((address) => ({ address, port: 31443 }));
    assert.deepEqual(outs.addresses, expected);
  });

  it("returns none for a Service that does not exist or is not exposed", async () => {
    assert.deepEqual(await observe(), []);
    await makeGateway("ClusterIP");
    assert.deepEqual(await observe(), []);
  });
});
