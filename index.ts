import * as pulumi from "@pulumi/pulumi";
import { FederatedCluster } from "./components/federatedCluster.ts";
import { RootAuthority } from "./components/rootAuthority.ts";
import { WaitingCluster } from "./components/waitingCluster.ts";
import { readRootSnapshot } from "./discovery/stacks.ts";
import { readSnapshot } from "./discovery/snapshot.ts";
import { readStackConfig } from "./discovery/stackConfig.ts";
import { type RootPlan, planRoot } from "./federation/authority/rootPlan.ts";
import { Findings } from "./federation/core/findings.ts";
import { FaultsError } from "./federation/core/fault.ts";
import { parseLastRun } from "./federation/lastRun.ts";
import { type ClusterPlan, type WaitingPlan, planCluster } from "./federation/plan.ts";

/** Fixed resource name, so renaming the stack keeps the key. */
const ROOT_NAME = "root-ca";

type Plan = ClusterPlan | WaitingPlan | RootPlan;

/** Reads, plans, and declares this stack. @returns the stack's outputs (docs/architecture.md). */
export default async function main(): Promise<Record<string, unknown>> {
  const findings = new Findings();
  const plan = await readAndPlan(findings).catch(withoutTrace);
  for (const error of findings.errors) await pulumi.log.error(error);
  for (const warning of findings.warnings) await pulumi.log.warn(warning);
  if (plan === undefined)
    throw new pulumi.RunError(new FaultsError(`Stack ${pulumi.getStack()}`, findings.faults).message);
  for (const note of findings.notes) await pulumi.log.info(note);
  return withoutUndefined(declare(plan));
}

async function readAndPlan(findings: Findings): Promise<Plan | undefined> {
  const { config, faults, skipped } = readStackConfig();
  findings.fault(...faults);
  if (config === undefined) return undefined;
  if ("rootAuthority" in config) return planRoot(config, await readRootSnapshot(config), findings, skipped);
  const snapshot = await readSnapshot(config);
  const lastRun = parseLastRun(snapshot.outputs, findings);
  return planCluster(config, snapshot, lastRun, findings, skipped);
}

function declare(plan: Plan): object {
  switch (plan.kind) {
    case "root":
      return new RootAuthority(ROOT_NAME, plan).outputs;
    case "waiting":
      return new WaitingCluster(plan.config.cluster.name, plan).outputs;
    case "cluster":
      return new FederatedCluster(plan.config.cluster.name, plan).outputs;
  }
}

/** The SDK warns of an undefined output each time. */
function withoutUndefined(outputs: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(outputs).filter(([, value]) => value !== undefined));
}

/** Faults are for whoever wrote the config. */
function withoutTrace(error: unknown): never {
  throw error instanceof FaultsError ? new pulumi.RunError(error.message) : error;
}
