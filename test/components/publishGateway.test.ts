import assert from "node:assert/strict";
import { SIGNATURE } from "../../federation/contract/signature.ts";
import { clusterConfig } from "./clusterConfig.ts";
import { clusterPlan } from "./clusterPlan.ts";
import { MockEngine, settled } from "./mockEngine.ts";

const config = (publish: object) => clusterConfig({ publish });

async function declare(publish: object, preview = false) {
  const engine = new MockEngine();
  await engine.start(preview);
  const { FederatedCluster } = await import("../../components/federatedCluster.ts");
  const cluster = new FederatedCluster("cluster-a", clusterPlan(config(publish)));
  const contract = await settled(cluster.outputs.federation);
  await engine.finish();
  return { engine, cluster, contract };
}

interface Inputs {
  metadata: Record<string, unknown>;
  spec: Record<string, unknown>;
}

describe("PublishGateway", () => {
  const PUBLISH = {
    host: "contracts.a.example",
    credentialName: "contracts",
    service: { loadBalancerSourceRanges: ["203.0.113.0/24"], nodePort: 31443 },
  };

  it("serves the contract that the stack outputs, by a gateway that selects no other", async () => {
    const { engine, cluster, contract } = await declare(PUBLISH);
    const inputs = (ending: string) => engine.named(ending).inputs as unknown as Inputs;
    const { http } = inputs("publish-contract").spec as {
      http: [{ directResponse: { body: { string: string } } }];
    };
    const served = JSON.parse(http[0].directResponse.body.string) as Record<string, unknown>;
    assert.deepEqual(served, JSON.parse(JSON.stringify(contract)));
    assert.equal(typeof served[SIGNATURE], "string");
    const ours = { app: "publishgateway", istio: "publishgateway" };
    assert.deepEqual(inputs("publish-service").spec, {
      type: "LoadBalancer",
      loadBalancerSourceRanges: ["203.0.113.0/24"],
      selector: ours,
      ports: [{ name: "https", port: 443, targetPort: 8443, nodePort: 31443 }],
    });
    assert.deepEqual(inputs("publish-gateway").spec["selector"], { istio: "publishgateway" });
    assert.equal(inputs("publish-gateway").metadata["namespace"], "istio-publish");
    assert.deepEqual(inputs("gateway-service").spec["selector"], {
      app: "eastwestgateway",
      istio: "eastwestgateway",
    });
    const { publication } = cluster.outputs.lastRun;
    assert.ok(publication !== undefined);
    assert.equal((await settled(publication))?.host, PUBLISH.host);
  });

  it("is not there without the section", async () => {
    const { engine } = await declare({});
    assert.ok(!engine.resources.some(({ name }) => name.includes("publish")));
  });
});
