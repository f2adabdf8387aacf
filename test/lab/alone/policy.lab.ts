import { EXPORT_PEERS_ANNOTATION, EXPORT_PORTS_ANNOTATION } from "../../../federation/core/labels.ts";
import { federate } from "../../../lab/federate.ts";
import type { Lab } from "../../../lab/lab.ts";
import { FEDERATION_OF_THREE, type Scenario } from "../../../lab/scenarios.ts";
import { deployWorkloads } from "../../../lab/workloads/workloads.ts";
import { LabSecrets } from "../labSecrets.ts";
import { OfferingCluster } from "../offeringCluster.ts";
import { ownLab } from "../ownLab.ts";
import { testCallers } from "../policy/callers.ts";
import { testChanges } from "../policy/changes.ts";
import { testOffers } from "../policy/offers.ts";
import {
  A,
  B,
  C,
  CLIENT,
  MORE_OF_B,
  OWNER_ALL_PEERS,
  OWNER_ONE_PEER,
  OWNER_ONE_PORT,
  RULES,
  VISITOR,
} from "../policy/parties.ts";
import { testTerminating } from "../policy/terminating.ts";
import { expectNoSecrets } from "../../../lab/proofs/secretSearch.ts";
import { log } from "../sharedLab.ts";
import { testProofs } from "../testProofs.ts";

/** With rules for all Services of cluster-b from its first update on. */
const SCENARIO: Scenario = {
  ...FEDERATION_OF_THREE,
  changeStackFile: (stack, config) => {
    FEDERATION_OF_THREE.changeStackFile?.(stack, config);
    if (stack === B.name) config["istio-federation:exports"] = RULES;
  },
};

// Not in the lab of the other tests, which has two clusters.
describe("who may call what, among three clusters", function () {
  this.timeout(1_200_000);
  let lab: Lab;
  let b: OfferingCluster;

  ownLab(async (started) => {
    lab = started;
    b = new OfferingCluster(lab, B, SCENARIO);
    const { kubeconfig } = lab;
    const ofB = { kubeconfig, context: B.name, workloads: MORE_OF_B, log };
    await deployWorkloads(ofB);
    await b.annotateService(OWNER_ONE_PEER, { [EXPORT_PEERS_ANNOTATION]: A.name });
    await b.annotateService(OWNER_ALL_PEERS, { [EXPORT_PEERS_ANNOTATION]: `${A.name},${C.name}` });
    await b.annotateService(OWNER_ONE_PORT, { [EXPORT_PORTS_ANNOTATION]: "http" });
    await federate(lab, log, SCENARIO);
    await deployWorkloads(ofB);
    await deployWorkloads({ kubeconfig, context: A.name, workloads: [CLIENT, VISITOR], log });
  }, SCENARIO);

  testProofs(FEDERATION_OF_THREE, async () => ({ lab, stacks: await b.stacks() }));

  testOffers(() => b);
  testCallers(() => b);
  testTerminating(() => b);
  testChanges(() => b);

  // In a suite, as those run after the tests beside them.
  describe("after all that", () => {
    it("no key is in a log or in a state in clear", async () => {
      const secrets = new LabSecrets();
      await secrets.noteStates(lab);
      expectNoSecrets(await secrets.findIn(lab.dir));
    });
  });
});
