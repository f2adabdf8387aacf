import { federate } from "../../../lab/federate.ts";
import type { Lab } from "../../../lab/lab.ts";
import { FEDERATION_OF_THREE } from "../../../lab/scenarios.ts";
import { deployWorkloads } from "../../../lab/workloads/workloads.ts";
import { LabSecrets } from "../labSecrets.ts";
import { OfferingCluster } from "../offeringCluster.ts";
import { ownLab } from "../ownLab.ts";
import { testAnnotations } from "../policy/annotations.ts";
import { testCallers } from "../policy/callers.ts";
import { testNames } from "../policy/names.ts";
import { testOffers } from "../policy/offers.ts";
import { testTerminatedPorts } from "../policy/terminatedPorts.ts";
import { testTerminating } from "../policy/terminating.ts";
import { A, B, CLERK, CLIENT, STORE, VISITOR } from "../policy/parties.ts";
import { expectNoSecrets } from "../secretSearch.ts";
import { log } from "../sharedLab.ts";
import { testProofs } from "../testProofs.ts";

// Not in the lab of the other tests, which has two clusters.
describe("who may call what, among three clusters", function () {
  this.timeout(1_200_000);
  let lab: Lab;
  let b: OfferingCluster;

  ownLab(async (started) => {
    lab = started;
    b = new OfferingCluster(lab, B, FEDERATION_OF_THREE);
    await federate(lab, log, FEDERATION_OF_THREE);
    const { kubeconfig } = lab;
    await deployWorkloads({ kubeconfig, context: A.name, workloads: [CLIENT, VISITOR], log });
    await deployWorkloads({ kubeconfig, context: B.name, workloads: [STORE, CLERK], log });
  }, FEDERATION_OF_THREE);

  testProofs(FEDERATION_OF_THREE, async () => ({ lab, stacks: await b.stacks() }));

  testOffers(() => b);
  testAnnotations(() => b);
  testCallers(() => b);
  testNames(() => b);
  testTerminating(() => b);
  testTerminatedPorts(() => b);

  // In a suite, as those run after the tests beside them.
  describe("after all that", () => {
    it("no key is in a log or in a state in clear", async () => {
      const secrets = new LabSecrets();
      await secrets.noteStates(lab);
      expectNoSecrets(await secrets.findIn(lab.dir));
    });
  });
});
