import * as pulumi from "@pulumi/pulumi";
import { type StackPlan, declareStack } from "./components/declareStack.ts";
import { readContractStackSnapshot, readRootSnapshot } from "./discovery/stacks.ts";
import { readSnapshot } from "./discovery/snapshot.ts";
import { readStackConfig, withInstalled } from "./discovery/stackConfig.ts";
import { planContractStack } from "./federation/contractStack.ts";
import { planRoot } from "./federation/authority/rootPlan.ts";
import { Findings } from "./federation/core/findings.ts";
import { FaultsError } from "./federation/core/fault.ts";
import { parseLastRun } from "./federation/lastRun.ts";
import { planCluster } from "./federation/plan.ts";

/** Reads, plans, and declares this stack. @returns the stack's outputs (docs/architecture.md). */
export default async function main(): Promise<Record<string, unknown>> {
  const findings = new Findings();
  const plan = await readAndPlan(findings).catch(withoutTrace);
  for (const error of findings.errors) await pulumi.log.error(error);
  for (const warning of findings.warnings) await pulumi.log.warn(warning);
  if (plan === undefined)
    throw new pulumi.RunError(new FaultsError(`Stack ${pulumi.getStack()}`, findings.faults).message);
  for (const note of findings.notes) await pulumi.log.info(note);
  return declareStack(plan);
}

async function readAndPlan(findings: Findings): Promise<StackPlan | undefined> {
  const parsed = readStackConfig();
  const { config } = parsed;
  findings.fault(...parsed.faults);
  if (config === undefined) return undefined;
  if ("rootAuthority" in config)
    return planRoot(config, await readRootSnapshot(config), findings, parsed.skipped);
  if ("contractOf" in config)
    return planContractStack(config, await readContractStackSnapshot(config), findings);
  const snapshot = await readSnapshot(config);
  const settled = withInstalled(parsed, config, snapshot.cluster.installation);
  findings.fault(...settled.faults);
  if (settled.config === undefined) return undefined;
  const lastRun = parseLastRun(snapshot.outputs, findings);
  return planCluster(settled.config, snapshot, lastRun, findings, settled.skipped);
}

/** Faults are for whoever wrote the config. */
function withoutTrace(error: unknown): never {
  throw error instanceof FaultsError ? new pulumi.RunError(error.message) : error;
}
