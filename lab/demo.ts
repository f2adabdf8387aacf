import { federate } from "./federate.ts";
import type { Lab } from "./lab.ts";
import type { Log } from "./progress.ts";
import { prove } from "./prove.ts";
import type { Scenario } from "./scenarios/scenario.ts";
import { withLab } from "./wholeLab.ts";

/**
 * The main job, from nothing to nothing: clusters, connected, proofs by real traffic, a table, clean-up.
 *
 * @throws LabError when a proof fails, with the reasons and where the logs are; the lab's folder then stays.
 */
export async function runDemo(log: Log, scenario: Scenario): Promise<void> {
  const demo = async (lab: Lab): Promise<void> => {
    describeParts(lab, log);
    const stacks = await federate(lab, log, scenario);
    await prove({ lab, stacks }, log, scenario);
  };
  await withLab(log, demo, scenario);
}

function describeParts({ tools, plugins }: Lab, log: Log): void {
  for (const [name, origin] of Object.entries(tools.origins)) log(`real: ${name} ${origin}`);
  for (const { name, kind, path } of plugins) log(`${kind}: ${name} (${path})`);
}
