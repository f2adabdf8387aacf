import assert from "node:assert/strict";
import { CLUSTERS } from "../../lab/clusters.ts";
import { GATEWAY_PORT } from "../../lab/proofs/gateway.ts";
import { Stack } from "../../lab/pulumi.ts";
import { type FederatedLab, sharedLab } from "./sharedLab.ts";
import { editedStackFile } from "./stackFile.ts";

const [A] = CLUSTERS;
const OWN = { address: `${A.network}.0.3`, port: GATEWAY_PORT };

describe("the gateway's addresses in the contract", function () {
  this.timeout(1_200_000);
  let federated: FederatedLab;
  before(async () => (federated = await sharedLab()));

  /** Addresses that cluster-a publishes once its gateway's Service is of this kind. */
  async function published(service: object, rest: object = {}): Promise<{ address: string; port: number }[]> {
    const configFile = await editedStackFile(federated.lab, "cluster-a", (config) => {
      const { bind, values } = config["istio-federation:gateway"] as { bind: string; values: object };
      config["istio-federation:gateway"] = { bind, values, service, ...rest };
    });
    const stack = new Stack("cluster-a", federated.lab, { configFile });
    await stack.up();
    const { exitCode } = await stack.run("preview", "--expect-no-changes");
    assert.equal(exitCode, 0, "what the update found, the next preview finds too");
    return ((await stack.output("federation")) as { gateways: { address: string; port: number }[] }).gateways;
  }

  it("are its load balancer's", async () => {
    assert.deepEqual(await published({ type: "LoadBalancer" }), [OWN]);
  });

  it("are the nodes' and the node port, for a Service of type NodePort", async () => {
    const [gateway, ...others] = await published({ type: "NodePort" });
    assert.deepEqual(others, []);
    assert.match(gateway?.address ?? "", new RegExp(`^${A.network}\\.`));
    assert.ok(gateway!.port >= 30000 && gateway!.port <= 32767, `node port ${gateway?.port}`);
  });

  it("are those that the config advertises, whatever the Service has", async () => {
    await new Stack("cluster-a", federated.lab).up();
    const contract = await new Stack("cluster-a", federated.lab).output("federation");
    assert.deepEqual((contract as { gateways: unknown }).gateways, [OWN]);
  });
});
