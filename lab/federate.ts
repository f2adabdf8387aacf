import { CLUSTERS } from "./clusters.ts";
import type { Lab } from "./lab.ts";
import { LabError } from "./labError.ts";
import { step, type Log } from "./progress.ts";
import { changesNothing, Stack } from "./pulumi.ts";
import { workloadsOf } from "./workloads/workload.ts";
import { deployWorkloads } from "./workloads/workloads.ts";

/**
 * Federates two empty clusters as their teams would: workloads that are there before Istio; `up a`, `up b`, `up a`, no
 * stack being made before its turn; the workloads restarted, so that they get a sidecar.
 *
 * @returns the stacks.
 * @throws LabError when a preview of either stack then still announces a change.
 */
export async function federate(lab: Lab, log: Log): Promise<Stack[]> {
  await step(log, "deploying the workloads", () => deployAll(lab, log));
  const stacks = CLUSTERS.map(({ name }) => new Stack(name, lab));
  for (const stack of [...stacks, ...stacks.slice(0, 1)]) await update(stack, log);
  await step(log, "restarting the workloads with sidecars", () => deployAll(lab, log));
  await step(log, "pulumi preview of both stacks", () => Promise.all(stacks.map(expectNoChange)));
  return stacks;
}

async function deployAll({ kubeconfig }: Lab, log: Log): Promise<void> {
  await Promise.all(
    CLUSTERS.map(({ name, network }) =>
      deployWorkloads({ kubeconfig, context: name, workloads: workloadsOf(name, network), log }),
    ),
  );
}

async function update(stack: Stack, log: Log): Promise<void> {
  await stack.ensure();
  const summary = await step(log, `pulumi up -s ${stack.name}`, () => stack.up());
  log(`pulumi up -s ${stack.name}: ${summary.join(", ")}`);
}

async function expectNoChange(stack: Stack): Promise<void> {
  const changes = await stack.preview();
  if (changesNothing(changes)) return;
  throw new LabError(
    `stack ${stack.name} has not converged: preview announces ${JSON.stringify(changes)}, see ${stack.log}`,
  );
}
