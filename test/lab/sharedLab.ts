import { rm } from "node:fs/promises";
import { LAB_FOLDER, labPaths } from "../../lab/environment.ts";
import { federate } from "../../lab/federate.ts";
import { startLab, type Lab } from "../../lab/lab.ts";
import { pluginMode } from "../../lab/plugins/pluginPath.ts";
import { createProgress } from "../../lab/progress.ts";
import type { Stack } from "../../lab/pulumi.ts";
import { FEDERATION, type Scenario } from "../../lab/scenarios.ts";
import { LabSecrets } from "./labSecrets.ts";
import { expectNoSecrets } from "../../lab/proofs/secretSearch.ts";

/** Progress of the lab tests, on standard error so that it does not mix with the reporter's output. */
export const log = createProgress((text) => process.stderr.write(`      ${text}`));

/** A lab with both stacks federated. */
export interface FederatedLab {
  readonly lab: Lab;
  readonly stacks: readonly Stack[];
}

/** Secrets that may be printed and stored nowhere in clear; tests add their own keys. */
export const secrets = new LabSecrets();

let shared: Promise<FederatedLab> | undefined;

/** The one federated lab that test files share; started by the first that asks for it. @param scenario of that first one. */
export function sharedLab(scenario = FEDERATION): Promise<FederatedLab> {
  shared ??= start(scenario);
  return shared;
}

async function start(scenario: Scenario): Promise<FederatedLab> {
  const plugins = pluginMode(process.env["LAB_PLUGINS"]);
  const lab = await startLab({ dir: LAB_FOLDER, log, plugins, scenario });
  try {
    const stacks = await federate(lab, log);
    await secrets.noteStates(lab);
    return { lab, stacks };
  } catch (error) {
    await lab.stop();
    throw error;
  }
}

afterEach(async () => {
  // Each for itself: a test may replace one more than once.
  const started = await shared?.catch(() => undefined);
  if (started !== undefined) await secrets.noteIntermediates(started.lab);
});

// A root hook: after all files' tests. The folder stays when something failed, for its logs.
after(async function () {
  const started = await shared?.catch(() => undefined);
  if (started === undefined) return;
  const { lab } = started;
  await secrets.noteStates(lab);
  await lab.stop();
  const findings = await secrets.findIn(lab.dir);
  log(`searched the logs and states for ${secrets.keys.size} keys: ${findings.length} findings`);
  if (!hasPassed(this.test?.parent) || findings.length > 0) log(`the logs are in ${labPaths(lab.dir).logs}`);
  else await rm(lab.dir, { recursive: true });
  expectNoSecrets(findings);
});

/** Whether all tests of a suite passed: one that did not run, as a hook before it failed, has not. */
export function hasPassed({ tests = [], suites = [] }: Partial<Mocha.Suite> = {}): boolean {
  return tests.every((test) => test.isPending() || test.isPassed()) && suites.every(hasPassed);
}
