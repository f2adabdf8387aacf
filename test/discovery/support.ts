import assert from "node:assert/strict";
import type * as pulumi from "@pulumi/pulumi";
import { readSnapshot } from "../../discovery/snapshot.ts";
import { setEngine } from "../support/mockMonitor.ts";
import type { StackConfig } from "../../federation/config/stackConfig.ts";
import { FaultsError } from "../../federation/core/fault.ts";
import { Findings } from "../../federation/core/findings.ts";
import { parseLastRun } from "../../federation/lastRun.ts";
import { type ClusterPlan, planCluster } from "../../federation/plan.ts";
import type { Reading } from "../../federation/snapshot.ts";
import { type Answer, NOT_FOUND } from "../providers/support/fakeApiServer.ts";
import { type Planned, ofCluster, outcome } from "../federation/planning.ts";

/** Outputs by full stack name, or the error that the engine returns. */
export type Stacks = Record<string, Record<string, unknown> | Error>;

/** Full name of the stack that {@link withStacks} runs in. */
export const OWN_STACK = "organization/istio-federation/cluster-a";

/** Full names of the stacks that were read, in order. */
export interface Asked {
  stacks: string[];
}

/**
 * Stands in for the engine in a run of stack cluster-a: it knows these stacks' outputs, and no others.
 * @param newResource makes resources; without it a resource is a failure.
 * @param secretNames outputs that are secret, in all stacks.
 */
export async function withStacks(
  stacks: Stacks,
  newResource: pulumi.runtime.Mocks["newResource"] = ({ name }) => assert.fail(`made a resource ${name}`),
  secretNames: readonly string[] = [],
): Promise<Asked> {
  const asked: Asked = { stacks: [] };
  await setEngine(
    {
      newResource,
      call: ({ token, inputs }: { token: string; inputs: { name: string } }) => {
        assert.equal(token, "pulumi:pulumi:readStackOutputs");
        asked.stacks.push(inputs.name);
        const found = stacks[inputs.name] ?? new Error(`unknown stack "${inputs.name}"`);
        // The SDK shows the text that the engine puts in gRPC's `details`.
        if (found instanceof Error) throw Object.assign(found, { details: found.message });
        return { name: inputs.name, outputs: found, secretOutputNames: secretNames };
      },
    },
    "istio-federation",
    "cluster-a",
    false,
    "organization",
  );
  return asked;
}

/**
 * Reads and plans a stack as the program does.
 * @throws FaultsError with all faults.
 */
export async function planned(config: StackConfig): Promise<Planned> {
  const findings = new Findings();
  const snapshot = await readSnapshot(config);
  const lastRun = parseLastRun(snapshot.outputs, findings);
  return outcome(planCluster(config, snapshot, lastRun, findings), findings);
}

/** Returns {@link planned} of a cluster that does not wait for its intermediate. */
export async function plannedCluster(config: StackConfig): Promise<Planned<ClusterPlan>> {
  return ofCluster(await planned(config));
}

/** Returns the error of a call that fails with faults. */
export async function faultsError(call: Promise<unknown>): Promise<FaultsError> {
  const error = await call.then(
    () => assert.fail("must fail"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof FaultsError, String(error));
  return error;
}

/** Answer for a Namespace or an object of a chart, which a cluster without this program does not have; undefined for other requests. */
export function withoutNamespaces(request: string): Answer | undefined {
  return /^GET \/api\/v1\/namespaces\/[a-z-]+$/.test(request) || isOfCharts(request) ? NOT_FOUND : undefined;
}

/** Whether a request reads one object that Istio's charts create. */
export function isOfCharts(request: string): boolean {
  return (
    /\/apis\/(rbac|admissionregistration|apps|autoscaling)[^?]*$/.test(request) ||
    /\/(serviceaccounts|services|configmaps)\/(istiod|istio|istio-sidecar-injector|values|eastwestgateway)$/.test(
      request,
    )
  );
}

/** Returns the value of a reading; fails where it has none. */
export function valueOf<T>(reading: Reading<T>): T {
  assert.ok("value" in reading, JSON.stringify(reading));
  return reading.value;
}

/** Returns the faults of a reading that failed. */
export function faultsOf(
  reading: Reading<unknown>,
): { path: string; value?: unknown; rule: string; remedy: string }[] {
  assert.ok("faults" in reading, JSON.stringify(reading));
  return [...reading.faults];
}

/** Reading of the signature of a contract that has none. */
export const UNSIGNED = {
  fault: {
    path: "signature",
    rule: "is missing",
    remedy: "Have the peer's team publish the contract with a version of this program that signs it",
  },
};
