import type { Lab } from "../lab.ts";
import type { Log } from "../progress.ts";
import { movedProofs } from "../proofs/existing.ts";
import { prove } from "../proofs/prove.ts";
import type { Scenario } from "../scenarios.ts";
import { JoinedClusters } from "./joinedClusters.ts";

/**
 * Federates clusters whose owners run Istio, and others, proves it, moves them to other revisions, and takes the former out again: every object of
 * theirs is as it was, and calls within them never failed.
 *
 * @throws LabError when a proof fails, an object is another one than before, or a call failed.
 */
export async function joinAndLeave(lab: Lab, log: Log, scenario: Scenario): Promise<void> {
  const joined = await JoinedClusters.prepare(lab, log, scenario);
  try {
    await joined.join(scenario);
    await prove(joined.context, log, scenario);
    await joined.move();
    await joined.upgrade();
    await prove(joined.context, log, { proofs: movedProofs });
    await joined.leave();
  } finally {
    await joined.stop();
  }
  await joined.expectUninterrupted();
}
