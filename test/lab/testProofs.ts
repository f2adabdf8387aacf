import assert from "node:assert/strict";
import type { ProofContext } from "../../lab/proofs/proof.ts";
import type { Scenario } from "../../lab/scenarios.ts";
import { expectAnalyzed } from "./analyzed.ts";

/** A test of each claim of a scenario, and one of all objects of its clusters. @param context once the scenario's clusters are connected. */
export function testProofs(
  { proofs, clusters }: Scenario,
  context: () => ProofContext | Promise<ProofContext>,
): void {
  for (const proof of proofs(clusters)) {
    it(`${proof.claim}: ${proof.caller} -> ${proof.callee}`, async () => {
      const outcome = await proof.run(await context());
      assert.ok(outcome.passed, outcome.reason);
    });
  }

  it("have no object that `istioctl analyze` reports", async () => expectAnalyzed((await context()).lab));
}
