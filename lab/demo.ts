import { rmSync } from "node:fs";
import { LAB_FOLDER, labPaths } from "./environment.ts";
import { federate } from "./federate.ts";
import { startLab, type Lab } from "./lab.ts";
import { LabError } from "./labError.ts";
import { pluginMode } from "./plugins/pluginPath.ts";
import { step, type Log } from "./progress.ts";
import { prove } from "./prove.ts";

/**
 * The main job, from nothing to nothing: two clusters, federated, proofs by real traffic, a table, clean-up.
 *
 * @throws LabError when a proof fails, with the reasons and where the logs are; the lab's folder then stays.
 */
export async function runDemo(log: Log): Promise<void> {
  const lab = await startLab({ dir: LAB_FOLDER, log, plugins: pluginMode(process.env["LAB_PLUGINS"]) });
  try {
    describeParts(lab, log);
    const stacks = await federate(lab, log);
    await prove({ lab, stacks }, log);
  } catch (error) {
    await step(log, "ending the clusters", () => lab.stop());
    const reason = error instanceof Error ? error.message : String(error);
    throw new LabError(`${reason}\nThe logs are in ${labPaths(lab.dir).logs}`, { cause: error });
  }
  await step(log, "ending the clusters and removing everything", () => lab.stop());
  rmSync(lab.dir, { recursive: true });
}

function describeParts({ tools, plugins }: Lab, log: Log): void {
  for (const [name, origin] of Object.entries(tools.origins)) log(`real: ${name} ${origin}`);
  for (const { name, kind, path } of plugins) log(`${kind}: ${name} (${path})`);
}
