import assert from "node:assert/strict";
import { CLUSTERS } from "../../lab/clusters.ts";
import type { Outcome } from "../../lab/proofs/proof.ts";
import { allProofs } from "../../lab/proofs/proofs.ts";
import { workloadsOf } from "../../lab/workloads/workload.ts";
import { deployWorkloads } from "../../lab/workloads/workloads.ts";
import { type FederatedLab, log, sharedLab } from "./sharedLab.ts";

const ABROAD = "an exported service can be called";
const AT_HOME = "a service that is not exported can be called in its own cluster";

/** Undoes for one Pod a setting of the whole mesh; as a Helm value it is refused. */
const WITHOUT_BUNDLE = {
  "proxy.istio.io/config": JSON.stringify({ proxyMetadata: { PROXY_CONFIG_XDS_AGENT: "false" } }),
};

describe("a wrong setting of the proxies", function () {
  this.timeout(1_200_000);
  let federated: FederatedLab;
  before(async () => (federated = await sharedLab()));

  it("breaks the lab as it would break a cluster: without PROXY_CONFIG_XDS_AGENT no peer's root is trusted", async () => {
    try {
      await deploy(WITHOUT_BUNDLE);
      const abroad = await callFromA(ABROAD);
      assert.equal(abroad.status, "503", abroad.reason);
      const atHome = await callFromA(AT_HOME);
      assert.ok(atHome.passed, `it breaks nothing else: ${atHome.reason}`);
    } finally {
      await deploy();
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

  /** The injector reads a Pod's annotations when the Pod is made. */
  async function deploy(annotations: Record<string, string> = {}): Promise<void> {
    const [{ name, network }] = CLUSTERS;
    const workloads = workloadsOf(name, network).map((each) => ({ ...each, annotations }));
    await deployWorkloads({ kubeconfig: federated.lab.kubeconfig, context: name, workloads, log });
  }
});
