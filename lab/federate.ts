import { existsSync } from "node:fs";
import { join } from "node:path";
import { labPaths } from "./environment.ts";
import type { RunningLab } from "./lab.ts";
import { LabError, step, type Log } from "./progress.ts";
import { changesNothing, Stack } from "./pulumi.ts";
import { scenarioOf, type Scenario } from "./scenarios.ts";
import { workloadsOf } from "./workloads/workload.ts";
import { deployWorkloads } from "./workloads/workloads.ts";

/**
 * Connects empty clusters as their teams would: workloads before Istio, the scenario's updates (`up a`, `up b`, `up a`), then the
 * workloads restarted with sidecars.
 *
 * @param scenario Default: the first that has the lab's clusters.
 * @returns the stacks, which have converged: that a further update changes nothing is one of the scenario's proofs.
 */
export async function federate(lab: RunningLab, log: Log, scenario = scenarioOf(lab)): Promise<Stack[]> {
  await step(log, "deploying the workloads", () => deployAll(lab, log));
  const stacks = stacksOf(lab, scenario);
  for (const stack of updatesOf(scenario, stacks)) await update(stack, log);
  await restartWorkloads(lab, log);
  return stacks;
}

/** Deploys the workloads and creates the stacks, for updates by hand; the first stack is selected. */
export async function prepareStacks(lab: RunningLab, log: Log): Promise<void> {
  await step(log, "deploying the workloads", () => deployAll(lab, log));
  const stacks = stacksOf(lab);
  for (const stack of stacks.flatMap((each) => [each, ...contractStackOf(lab, each)])) await stack.ensure();
  await stacks[0]?.select();
}

/** The contract stack of a cluster's stack, where the lab has one. */
export function contractStackOf(lab: RunningLab, { name }: Stack): Stack[] {
  const stack = `${name}-contract`;
  return existsSync(join(labPaths(lab.dir).stacks, `Pulumi.${stack}.yaml`)) ? [new Stack(stack, lab)] : [];
}

/** Restarts workloads from before Istio, so that they get sidecars. */
export async function restartWorkloads(lab: RunningLab, log: Log): Promise<void> {
  await step(log, "restarting the workloads with sidecars", () => deployAll(lab, log));
}

/** @throws LabError that names each stack whose preview announces a change. */
export async function expectConverged(stacks: readonly Stack[], log: Log): Promise<void> {
  await step(log, "pulumi preview of all stacks", async () => {
    const changes = (await Promise.all(stacks.map(announcedChange))).filter((change) => change !== undefined);
    if (changes.length > 0) throw new LabError(changes.join("\n"));
  });
}

/** A scenario's stacks in the order in which they are updated. */
export function updatesOf({ updates }: Scenario, stacks: readonly Stack[]): Stack[] {
  return updates.flatMap((name) => stacks.find((stack) => stack.name === name) ?? []);
}

/** The stacks of a scenario, which need not exist yet. */
export function stacksOf(lab: RunningLab, { updates } = scenarioOf(lab)): Stack[] {
  return [...new Set(updates)].map((name) => new Stack(name, lab));
}

/** Deploys the workloads of all clusters, and restarts those without a sidecar that can have one. */
export async function deployAll({ kubeconfig, clusters }: RunningLab, log: Log): Promise<void> {
  await Promise.all(
    clusters.map(({ name, network, owner }) =>
      deployWorkloads({
        ...{ kubeconfig, context: name, workloads: workloadsOf(name, network), log },
        revision: owner?.revision,
      }),
    ),
  );
}

/** Creates a stack if it does not exist, and updates it. */
export async function update(stack: Stack, log: Log): Promise<void> {
  await stack.ensure();
  const summary = await step(log, `pulumi up -s ${stack.name}`, () => stack.up());
  log(`pulumi up -s ${stack.name}: ${summary.join(", ")}`);
}

async function announcedChange(stack: Stack): Promise<string | undefined> {
  const changes = await stack.preview();
  if (changesNothing(changes)) return undefined;
  return `stack ${stack.name} has not converged: preview announces ${JSON.stringify(changes)}, see ${stack.log}`;
}
