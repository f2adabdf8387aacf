import * as pulumi from "@pulumi/pulumi";
import { type StackPlan, declareStack } from "./components/declareStack.ts";
import { writePlanReport } from "./components/planReport.ts";
import { readContractStackSnapshot, readRootSnapshot } from "./discovery/stacks.ts";
import { readSnapshot } from "./discovery/snapshot.ts";
import { readStackConfig, withInstalled } from "./discovery/stackConfig.ts";
import { planContractStack } from "./federation/contractStack.ts";
import { planRoot } from "./federation/authority/rootPlan.ts";
import { Findings } from "./federation/core/findings.ts";
import { FaultsError } from "./federation/core/fault.ts";
import { type LastRun, parseLastRun } from "./federation/lastRun.ts";
import { type ClusterPlan, planCluster } from "./federation/plan.ts";
import { type PlanReview, reviewFindings, reviewPlan } from "./federation/review/planReview.ts";

/** Reads, plans, and declares this stack. @returns the stack's outputs (docs/architecture.md). */
export default async function main(): Promise<Record<string, unknown>> {
  const findings = new Findings();
  const run = { stack: pulumi.getStack(), isPreview: pulumi.runtime.isDryRun() };
  let review = (): PlanReview => reviewFindings(run, findings);
  const plan = await readAndPlan(findings, (lastRun, made) => {
    review = () => reviewPlan(run, made, lastRun, findings);
  }).catch(async (error: unknown) => {
    if (error instanceof FaultsError) findings.fault(...error.faults);
    await writePlanReport(() => review());
    throw withoutTrace(error);
  });
  await writePlanReport(() => review());
  for (const error of findings.errors) await pulumi.log.error(error);
  for (const warning of findings.warnings) await pulumi.log.warn(warning);
  if (plan === undefined)
    throw new pulumi.RunError(new FaultsError(`Stack ${pulumi.getStack()}`, findings.faults).message);
  for (const note of findings.notes) await pulumi.log.info(note);
  return declareStack(plan);
}

/** @param onPlan gets the plan of a cluster, with what it is compared with. */
async function readAndPlan(
  findings: Findings,
  onPlan: (lastRun: LastRun, plan: ClusterPlan) => void,
): Promise<StackPlan | undefined> {
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
  const plan = planCluster(settled.config, snapshot, lastRun, findings, settled.skipped);
  if (plan?.kind === "cluster" && lastRun !== undefined) onPlan(lastRun, plan);
  return plan;
}

/** Faults are for whoever wrote the config. */
function withoutTrace(error: unknown): unknown {
  return error instanceof FaultsError ? new pulumi.RunError(error.message) : error;
}
