import assert from "node:assert/strict";
import type { StackConfig } from "../../federation/config/stackConfig.ts";
import { FaultsError } from "../../federation/core/fault.ts";
import { Findings } from "../../federation/core/findings.ts";
import { NO_LAST_RUN } from "./samples.ts";
import { type ClusterPlan, type WaitingPlan, planCluster } from "../../federation/plan.ts";
import type { ClusterReadings } from "../../federation/snapshot.ts";
import { EMPTY_CLUSTER, type Given, snapshotOf } from "./planContext.ts";

/** A plan without faults, and its log. */
export interface Planned<Plan = ClusterPlan | WaitingPlan> {
  plan: Plan;
  errors: string[];
  warnings: string[];
  notes: string[];
}

/** A cluster that does not answer. */
export const UNREACHABLE_CLUSTER: ClusterReadings = everywhere({
  unreachable: 'cluster context "cluster-a": no answer',
});

/** A cluster of which each part was read with this outcome. */
export function everywhere(reading: ClusterReadings["gateway"] & { value?: never }): ClusterReadings {
  return Object.fromEntries(Object.keys(EMPTY_CLUSTER).map((part) => [part, reading])) as never;
}

/**
 * Plans a stack without any I/O: its snapshot is that of an empty cluster, but for what is given.
 * @throws FaultsError with all faults.
 */
export function planOf(
  config: StackConfig,
  { peers = {}, lastRun = {}, snapshot = {} }: Given = {},
  skipped: readonly string[] = [],
): Planned {
  const findings = new Findings();
  const last = { ...NO_LAST_RUN, ...lastRun };
  return outcome(planCluster(config, snapshotOf(peers, snapshot), last, findings, skipped), findings);
}

/** Returns {@link planOf} a cluster that does not wait for its intermediate. */
export function clusterPlanOf(config: StackConfig, given: Given = {}): Planned<ClusterPlan> {
  return ofCluster(planOf(config, given));
}

/** Narrows the plan of a cluster that does not wait for its intermediate. */
export function ofCluster({ plan, ...log }: Planned): Planned<ClusterPlan> {
  assert.equal(plan.kind, "cluster");
  return { plan: plan, ...log };
}

/** @throws FaultsError with all faults. */
export function outcome(
  plan: ClusterPlan | WaitingPlan | undefined,
  { faults, errors, warnings, notes }: Findings,
): Planned {
  if (faults.length > 0) throw new FaultsError("plan", faults);
  assert.ok(plan !== undefined, "no plan, and no fault");
  return { plan, errors, warnings, notes };
}

/** All faults of a plan; none when there is a plan. */
export function faultsIn(
  plan: () => unknown,
): { path: string; value?: unknown; rule: string; remedy: string }[] {
  try {
    plan();
  } catch (error) {
    if (!(error instanceof FaultsError)) throw error;
    return [...error.faults];
  }
  return [];
}
