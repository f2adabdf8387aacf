import { rmSync } from "node:fs";
import { LAB_FOLDER, labPaths } from "./environment.ts";
import { startLab, type Lab } from "./lab.ts";
import { LabError } from "./labError.ts";
import { pluginMode } from "./plugins/pluginPath.ts";
import { step, type Log } from "./progress.ts";
import type { Scenario } from "./scenarios/scenario.ts";

/**
 * Does some work on a lab of its own, from nothing to nothing: the lab is ended and removed afterwards.
 *
 * @param scenario default: a federation of two.
 * @throws LabError when the work fails, with its reason and where the logs are; the lab's folder then stays.
 */
export async function withLab<T>(log: Log, work: (lab: Lab) => Promise<T>, scenario?: Scenario): Promise<T> {
  const plugins = pluginMode(process.env["LAB_PLUGINS"]);
  const lab = await startLab({ dir: LAB_FOLDER, log, plugins, ...(scenario && { scenario }) });
  let result: T;
  try {
    result = await work(lab);
  } catch (error) {
    await step(log, "ending the clusters", () => lab.stop());
    const reason = error instanceof Error ? error.message : String(error);
    throw new LabError(`${reason}\nThe logs are in ${labPaths(lab.dir).logs}`, { cause: error });
  }
  await step(log, "ending the clusters and removing everything", () => lab.stop());
  rmSync(lab.dir, { recursive: true });
  return result;
}
