import assert from "node:assert/strict";
import { CoreV1Api } from "@kubernetes/client-node";
import { loadContext } from "../../../lab/cluster/kubeconfig.ts";
import { federate } from "../../../lab/federate.ts";
import type { Lab } from "../../../lab/lab.ts";
import type { ProofContext } from "../../../lab/proofs/proof.ts";
import { Stack } from "../../../lab/pulumi.ts";
import { REPLICATED, type Scenario } from "../../../lab/scenarios.ts";
import { COREFILE, coreDnsBy } from "../coreDnsWith.ts";
import { GLOBAL_ADDRESS, useEveryOption } from "../everyOption.ts";
import { LabSecrets } from "../labSecrets.ts";
import { ownLab } from "../ownLab.ts";
import { expectNoSecrets } from "../../../lab/proofs/secretSearch.ts";
import { log } from "../sharedLab.ts";
import { expectStable } from "../stable.ts";
import { editedStackFile } from "../stackFile.ts";
import { testProofs } from "../testProofs.ts";

const PLACE = { name: "coredns", namespace: "kube-system" };

/** One of the stacks uses every option. */
const EVERY_OPTION: Scenario = {
  ...REPLICATED,
  changeStackFile: (stack, config) => {
    if (stack === "replicated-1") useEveryOption("replicated", config);
  },
};

// Not in the lab of the other tests, whose clusters are federated.
describe("two clusters with replicated control planes", function () {
  this.timeout(1_200_000);
  let lab: Lab;
  let context: ProofContext;

  ownLab(async (started) => {
    lab = started;
    const core = coreOf("cluster-1");
    await core.createNamespacedConfigMap({
      ...PLACE,
      body: { metadata: PLACE, data: { Corefile: COREFILE } },
    });
    context = { lab, stacks: await federate(lab, log, EVERY_OPTION) };
  }, EVERY_OPTION);

  testProofs(EVERY_OPTION, () => context);

  it("have nothing to change where a stack uses every option, in a preview and after a refresh", () =>
    expectStable(new Stack("replicated-1", lab)));

  describe("whose CoreDNS has the block for global names", () => {
    const resolver = coreDnsBy(async () => {
      const { data = {} } = await coreOf("cluster-1").readNamespacedConfigMap(PLACE);
      return data["Corefile"] ?? "";
    });

    it("resolve these for clients without a sidecar, and all others as before", async () => {
      assert.deepEqual(await resolver.resolve4("httpbin.bar.global"), [GLOBAL_ADDRESS]);
      assert.deepEqual(await resolver.resolve4("plain.example"), ["192.0.2.9"]);
    });
  });

  it("say in a preview who can issue certificates for whom, and by which names services are called", async () => {
    const { output } = await new Stack("replicated-1", lab).run("preview");
    assert.match(
      output,
      /trust domain cluster\.local is that of this cluster, cluster-2: .* no trust anchor/,
    );
  });

  it("keep their keys to themselves: logs and what is printed have none", async () => {
    const secrets = new LabSecrets();
    await secrets.noteStates(lab, [...new Set(REPLICATED.updates)]);
    assert.ok(secrets.keys.size >= 3, "the keys of the root and of both intermediates");
    expectNoSecrets(await secrets.findIn(lab.dir));
  });

  it("do not change their topology while they run", async () => {
    const configFile = await editedStackFile(lab, "replicated-1", (config) => {
      config["istio-federation:topology"] = "federation";
    });
    const stack = new Stack("replicated-1", lab, { configFile });
    const { exitCode, output } = await stack.run("preview");
    assert.notEqual(exitCode, 0);
    assert.match(output, /topology: "federation" is another than 'replicated' of the running cluster/);
  });

  function coreOf(cluster: string): CoreV1Api {
    return loadContext(lab.kubeconfig, cluster).makeApiClient(CoreV1Api);
  }
});
