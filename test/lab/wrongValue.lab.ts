import assert from "node:assert/strict";
import { CoreV1Api } from "@kubernetes/client-node";
import { loadContext } from "../../lab/cluster/kubeconfig.ts";
import { CLUSTERS } from "../../lab/clusters.ts";
import type { Outcome } from "../../lab/proofs/proof.ts";
import { allProofs } from "../../lab/proofs/proofs.ts";
import { Stack } from "../../lab/pulumi.ts";
import { workloadsOf } from "../../lab/workloads/workload.ts";
import { deployWorkloads } from "../../lab/workloads/workloads.ts";
import { type FederatedLab, log, sharedLab } from "./sharedLab.ts";
import { editedStackFile } from "./stackFile.ts";

const ABROAD = "an exported service can be called";
const AT_HOME = "a service that is not exported can be called in its own cluster";

describe("a wrong Helm value", function () {
  this.timeout(1_200_000);
  let federated: FederatedLab;
  before(async () => (federated = await sharedLab()));

  it("breaks the lab as it would break a cluster: without PROXY_CONFIG_XDS_AGENT no peer's root is trusted", async () => {
    const configFile = await editedStackFile(federated.lab, "cluster-a", (config) => {
      const { values } = config["istio-federation:istio"] as {
        values: { istiod: { meshConfig: { defaultConfig: object } } };
      };
      const proxyMetadata = { PROXY_CONFIG_XDS_AGENT: "false" };
      Object.assign(values.istiod.meshConfig.defaultConfig, { proxyMetadata });
    });
    try {
      await new Stack("cluster-a", federated.lab, { configFile }).up();
      await restartWorkloads();
      const abroad = await callFromA(ABROAD);
      assert.equal(abroad.status, "503", abroad.reason);
      const atHome = await callFromA(AT_HOME);
      assert.ok(atHome.passed, `it breaks nothing else: ${atHome.reason}`);
    } finally {
      await new Stack("cluster-a", federated.lab).up();
      await restartWorkloads();
    }
    const outcome = await callFromA(ABROAD);
    assert.ok(outcome.passed, outcome.reason);
  });

  /** @param claim how the claim begins of the call that is made. */
  function callFromA(claim: string): Promise<Outcome> {
    const call = allProofs().find(
      (proof) => proof.claim.startsWith(claim) && proof.caller.startsWith("cluster-a"),
    );
    return call!.run(federated);
  }

  /** The injector puts the mesh's settings into Pods when they are made. */
  async function restartWorkloads(): Promise<void> {
    const { kubeconfig } = federated.lab;
    const [{ name, network }] = CLUSTERS;
    const config = loadContext(kubeconfig, name);
    await config.makeApiClient(CoreV1Api).deleteCollectionNamespacedPod({ namespace: "abc" });
    await deployWorkloads({ kubeconfig, context: name, workloads: workloadsOf(name, network), log });
  }
});
