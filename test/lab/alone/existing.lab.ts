import assert from "node:assert/strict";
import { JoinedClusters } from "../../../lab/existing/joinedClusters.ts";
import type { Lab } from "../../../lab/lab.ts";
import { movedProofs } from "../../../lab/proofs/existing.ts";
import { expectNoSecrets } from "../../../lab/proofs/secretSearch.ts";
import { EXISTING } from "../../../lab/scenarios.ts";
import { LabSecrets } from "../labSecrets.ts";
import { ownLab } from "../ownLab.ts";
import { log } from "../sharedLab.ts";
import { testProofs } from "../testProofs.ts";

// Not in the lab of the other tests, whose clusters have no Istio of their owners. The tests are the steps of the demo, in its order.
describe("clusters whose Istio is there", function () {
  this.timeout(1_200_000);
  const secrets = new LabSecrets();
  let lab: Lab;
  let joined: JoinedClusters;

  // Before the lab ends.
  after(() => (joined as JoinedClusters | undefined)?.stop());

  ownLab(async (started) => {
    lab = started;
    joined = await JoinedClusters.prepare(lab, log, EXISTING);
    await joined.join(EXISTING);
    await secrets.noteStates(lab);
  }, EXISTING);

  describe("that were joined", () => {
    testProofs(EXISTING, () => joined.context);
  });

  describe("that move to another revision while calls go on", () => {
    it("are moved by their owners, and lose no call", () => joined.move());

    it("are upgraded by revision by two updates, where Istio is the program's, and lose no call", () =>
      joined.upgrade());

    testProofs({ ...EXISTING, proofs: movedProofs }, () => joined.context);
  });

  describe("that leave", () => {
    it("have every object as it was, and refuse their former peers", () => joined.leave());

    it("never failed to call within themselves", () => joined.expectUninterrupted());

    it("keep their keys to themselves: logs and what is printed have none", async () => {
      assert.ok(secrets.keys.size > 0);
      expectNoSecrets(await secrets.findIn(lab.dir));
    });
  });
});
