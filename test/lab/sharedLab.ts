import { rm } from "node:fs/promises";
import { LAB_FOLDER, labPaths } from "../../lab/environment.ts";
import { federate } from "../../lab/federate.ts";
import { startLab, type Lab } from "../../lab/lab.ts";
import { pluginMode } from "../../lab/plugins/pluginPath.ts";
import { createProgress } from "../../lab/progress.ts";
import type { Stack } from "../../lab/pulumi.ts";

/** Progress of the lab tests, on standard error so that it does not mix with the reporter's output. */
export const log = createProgress((text) => process.stderr.write(`      ${text}`));

/** A lab with both stacks federated. */
export interface FederatedLab {
  readonly lab: Lab;
  readonly stacks: readonly Stack[];
}

let shared: Promise<FederatedLab> | undefined;

/** The one federated lab that test files share; started by the first that asks for it. */
export function sharedLab(): Promise<FederatedLab> {
  shared ??= start();
  return shared;
}

async function start(): Promise<FederatedLab> {
  const lab = await startLab({ dir: LAB_FOLDER, log, plugins: pluginMode(process.env["LAB_PLUGINS"]) });
  try {
    return { lab, stacks: await federate(lab, log) };
  } catch (error) {
    await lab.stop();
    throw error;
  }
}

let failed = false;
afterEach(function () {
  failed ||= this.currentTest?.state === "failed";
});

// A root hook: after all files' tests. The folder stays when something failed, for its logs.
after(async () => {
  const started = await shared?.catch(() => undefined);
  if (started === undefined) return;
  await started.lab.stop();
  if (failed) log(`the logs are in ${labPaths(started.lab.dir).logs}`);
  else await rm(started.lab.dir, { recursive: true });
});
