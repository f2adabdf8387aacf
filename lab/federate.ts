import { CLUSTERS } from "./clusters.ts";
import type { Lab } from "./lab.ts";
import { LabError } from "./labError.ts";
import { step, type Log } from "./progress.ts";
import { changesNothing, Stack } from "./pulumi.ts";
import { workloadsOf } from "./workloads/workload.ts";
import { deployWorkloads } from "./workloads/workloads.ts";

/** Rounds of `pulumi up` on all stacks, once all have published, until they must have converged; one is to spare. */
const MOST_ROUNDS = 2;

/**
 * Runs the program for both stacks on empty clusters, deploys the workloads, and runs it again until a preview of both
 * stacks announces no change.
 *
 * @returns the stacks.
 */
export async function federate(lab: Lab, log: Log): Promise<Stack[]> {
  const stacks = CLUSTERS.map(({ name }) => new Stack(name, lab));
  for (const stack of stacks) await stack.ensure();
  await upAll(stacks, log);
  await step(log, "deploying the workloads", () =>
    Promise.all(
      CLUSTERS.map(({ name, network }) => {
        const workloads = workloadsOf(name, network);
        return deployWorkloads({ kubeconfig: lab.kubeconfig, context: name, workloads, log });
      }),
    ),
  );
  // The first round publishes what the second one imports.
  await upAll(stacks, log);
  await converge(stacks, log);
  return stacks;
}

/** Updates all stacks, round by round, until none has anything to change. @throws LabError after too many rounds. */
export async function converge(stacks: readonly Stack[], log: Log): Promise<void> {
  let pending: string[] = [];
  for (let round = 0; round < MOST_ROUNDS; round++) {
    await upAll(stacks, log);
    const previews = await Promise.all(
      stacks.map(async (stack) => ({ stack, changes: await stack.preview() })),
    );
    pending = previews
      .filter(({ changes }) => !changesNothing(changes))
      .map(({ stack, changes }) => `${stack.name} ${JSON.stringify(changes)}, see ${stack.log}`);
    if (pending.length === 0) return;
  }
  throw new LabError(
    `the stacks do not converge: after ${MOST_ROUNDS} updates preview still announces\n  ${pending.join("\n  ")}`,
  );
}

async function upAll(stacks: readonly Stack[], log: Log): Promise<void> {
  await Promise.all(
    stacks.map((stack) =>
      step(log, `pulumi up -s ${stack.name}`, async () => {
        const summary = await stack.up();
        log(`pulumi up -s ${stack.name}: ${summary.join(", ")}`);
      }),
    ),
  );
}
