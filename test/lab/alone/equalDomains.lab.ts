import assert from "node:assert/strict";
import { federate } from "../../../lab/federate.ts";
import type { Lab } from "../../../lab/lab.ts";
import type { ProofContext } from "../../../lab/proofs/proof.ts";
import { Stack } from "../../../lab/pulumi.ts";
import { EQUAL_DOMAINS_OF_THREE } from "../../../lab/scenarios.ts";
import type { StackFileEdit } from "../../../lab/stackFile.ts";
import { CallingCluster } from "../equalDomains/callingCluster.ts";
import { testConflict } from "../equalDomains/conflict.ts";
import { testFailover } from "../equalDomains/failover.ts";
import { testLocality } from "../equalDomains/locality.ts";
import { testPriority } from "../equalDomains/priority.ts";
import { testTogether } from "../equalDomains/together.ts";
import { testWithdrawal } from "../equalDomains/withdrawal.ts";
import { LabSecrets } from "../labSecrets.ts";
import { ownLab } from "../ownLab.ts";
import { expectNoSecrets } from "../secretSearch.ts";
import { log } from "../sharedLab.ts";
import { editedStackFile } from "../stackFile.ts";
import { testProofs } from "../testProofs.ts";

// Not in the lab of the other tests, whose clusters have domains of their own.
describe("a federation of clusters that are all cluster.local", function () {
  this.timeout(1_200_000);
  let lab: Lab;
  let context: ProofContext;

  ownLab(async (started) => {
    lab = started;
    context = { lab, stacks: await federate(lab, log, EQUAL_DOMAINS_OF_THREE) };
  }, EQUAL_DOMAINS_OF_THREE);

  testProofs(EQUAL_DOMAINS_OF_THREE, () => context);

  /** What a preview of equal-1 prints that must fail, with another config. */
  async function refusal(edit: StackFileEdit): Promise<string> {
    const configFile = await editedStackFile(lab, "equal-1", edit);
    const { exitCode, output } = await new Stack("equal-1", lab, { configFile }).run("preview");
    assert.notEqual(exitCode, 0);
    return output;
  }

  it("cannot call each other's services by names that are their own, and hear the way out", async () => {
    const output = await refusal((config) => {
      const peers = config["istio-federation:peers"] as Record<string, Record<string, unknown>>;
      peers["equal-2"] = { ...peers["equal-2"], names: "own" };
    });
    assert.match(output, /clusterDomain: "cluster\.local" must neither be, hold nor lie in 'cluster\.local'/);
    assert.match(output, /istio-federation:peers\.equal-2\.names' mesh/);
  });

  it("keep their mesh domains while they run: peers' workloads call them by it", async () => {
    const output = await refusal((config) => {
      const cluster = config["istio-federation:cluster"] as Record<string, unknown>;
      cluster["meshDomain"] = "other.mesh";
    });
    assert.match(output, /cluster\.meshDomain: "other\.mesh" is another than 'equal-1\.mesh'/);
  });

  const calling = () => new CallingCluster(lab);
  testTogether(calling);
  testPriority(calling);
  testFailover(calling);
  testLocality(calling);
  testConflict(calling);
  testWithdrawal(calling);

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
