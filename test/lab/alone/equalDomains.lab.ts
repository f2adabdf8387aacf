import assert from "node:assert/strict";
import { federate } from "../../../lab/federate.ts";
import type { Lab } from "../../../lab/lab.ts";
import type { ProofContext } from "../../../lab/proofs/proof.ts";
import { Stack } from "../../../lab/pulumi.ts";
import { EQUAL_DOMAINS_OF_THREE, type Scenario } from "../../../lab/scenarios.ts";
import { CallingCluster, setRules } from "../equalDomains/callingCluster.ts";
import { testConflict } from "../equalDomains/conflict.ts";
import { testFailover } from "../equalDomains/failover.ts";
import { testLocality } from "../equalDomains/locality.ts";
import { testPriority } from "../equalDomains/priority.ts";
import { ONE, SHARED, TWO } from "../equalDomains/parties.ts";
import { testTogether, testWeight } from "../equalDomains/together.ts";
import { testWithdrawal } from "../equalDomains/withdrawal.ts";
import { LabSecrets } from "../labSecrets.ts";
import { ownLab } from "../ownLab.ts";
import { expectNoSecrets } from "../../../lab/proofs/secretSearch.ts";
import { log } from "../sharedLab.ts";
import { editedStackFile } from "../stackFile.ts";
import { testProofs } from "../testProofs.ts";

/** The first cluster calls by one name what both others have. */
const SCENARIO: Scenario = {
  ...EQUAL_DOMAINS_OF_THREE,
  changeStackFile: (stack, config) => {
    EQUAL_DOMAINS_OF_THREE.changeStackFile?.(stack, config);
    if (stack === ONE.name) setRules(config, SHARED);
  },
};

// Not in the lab of the other tests, whose clusters have domains of their own.
describe("a federation of clusters that are all cluster.local", function () {
  this.timeout(1_200_000);
  let lab: Lab;
  let context: ProofContext;
  let calling: CallingCluster;

  ownLab(async (started) => {
    lab = started;
    context = { lab, stacks: await federate(lab, log, SCENARIO) };
    calling = new CallingCluster(lab, SHARED);
  }, SCENARIO);

  testProofs(SCENARIO, () => context);

  it("keep their mesh domains, and cannot call each other by their own names: a preview says both", async () => {
    const configFile = await editedStackFile(lab, ONE.name, (config) => {
      const peers = config["istio-federation:peers"] as Record<string, object>;
      Object.assign(peers[TWO.name]!, { names: "own" });
      Object.assign(config["istio-federation:cluster"] as object, { meshDomain: "other.mesh" });
    });
    const { exitCode, output } = await new Stack(ONE.name, lab, { configFile }).run("preview");
    assert.notEqual(exitCode, 0);
    assert.match(
      output,
      /clusterDomain: "cluster\.local" must neither equal, contain nor lie in 'cluster\.local'/,
    );
    assert.match(output, /istio-federation:peers\.equal-2\.names' mesh/);
    assert.match(output, /cluster\.meshDomain: "other\.mesh" is another than 'equal-1\.mesh'/);
  });

  // In this order each begins in the state in which the one before it ends.
  const suites = [testTogether, testPriority, testWeight, testWithdrawal];
  for (const suite of [...suites, testFailover, testConflict, testLocality]) suite(() => calling);

  // In a suite, as those run after the tests beside them.
  describe("after all that", () => {
    it("keep their keys to themselves: logs and what is printed have none", async () => {
      const secrets = new LabSecrets();
      await secrets.noteStates(lab);
      assert.ok(secrets.keys.size >= 6, "the keys of all roots and of all intermediates");
      expectNoSecrets(await secrets.findIn(lab.dir));
    });
  });
});
