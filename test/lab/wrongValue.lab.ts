import assert from "node:assert/strict";
import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { CLUSTERS } from "../../lab/clusters.ts";
import { allProofs } from "../../lab/proofs/proofs.ts";
import { Stack } from "../../lab/pulumi.ts";
import { workloadsOf } from "../../lab/workloads/workload.ts";
import { deployWorkloads } from "../../lab/workloads/workloads.ts";
import { type FederatedLab, log, sharedLab } from "./sharedLab.ts";
import { editedStackFile } from "./stackFile.ts";

describe("a wrong Helm value", function () {
  this.timeout(1_200_000);
  let federated: FederatedLab;
  before(async () => (federated = await sharedLab()));

  it("breaks the lab as it would break a cluster: without PROXY_CONFIG_XDS_AGENT no peer's root is trusted", async () => {
    const configFile = await editedStackFile("cluster-a", (config) => {
      const { values } = config["istio-federation:istio"] as {
        values: { istiod: { meshConfig: { defaultConfig: object } } };
      };
      const proxyMetadata = { PROXY_CONFIG_XDS_AGENT: "false" };
      Object.assign(values.istiod.meshConfig.defaultConfig, { proxyMetadata });
    });
    try {
      await new Stack("cluster-a", federated.lab, { configFile }).up();
      await restartWorkloads();
      assert.equal((await callFromA()).passed, false);
    } finally {
      await new Stack("cluster-a", federated.lab).up();
      await restartWorkloads();
    }
    const outcome = await callFromA();
    assert.ok(outcome.passed, outcome.reason);
  });

  function callFromA() {
    const [call] = allProofs().filter(({ claim }) => claim.startsWith("an exported service can be called"));
    return call!.run(federated);
  }

  /** The injector puts the mesh's settings into Pods when they are made. */
  async function restartWorkloads(): Promise<void> {
    const { kubeconfig } = federated.lab;
    const [{ name, network }] = CLUSTERS;
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    config.setCurrentContext(name);
    await config.makeApiClient(CoreV1Api).deleteCollectionNamespacedPod({ namespace: "abc" });
    await deployWorkloads({ kubeconfig, context: name, workloads: workloadsOf(name, network), log });
  }
});
