import { rm } from "node:fs/promises";
import { LAB_FOLDER, labPaths } from "../../lab/environment.ts";
import { startLab, type Lab } from "../../lab/lab.ts";
import { pluginMode } from "../../lab/plugins/pluginPath.ts";
import { FEDERATION, type Scenario } from "../../lab/scenarios.ts";
import { hasPassed, log } from "./sharedLab.ts";

/**
 * A lab for the tests of one suite, in which this is called: started before them, ended after them. Its folder stays unless all
 * passed, for its logs.
 *
 * @param prepare what to do with it before the tests.
 * @param scenario default: a federation of two.
 */
export function ownLab(prepare: (lab: Lab) => Promise<void>, scenario: Scenario = FEDERATION): void {
  let started: Lab | undefined;

  before(async () => {
    started = await startLab({
      ...{ dir: LAB_FOLDER, log, scenario },
      plugins: pluginMode(process.env["LAB_PLUGINS"]),
    });
    await prepare(started);
  });

  after(async function () {
    if (started === undefined) return;
    await started.stop();
    if (hasPassed(this.test?.parent)) await rm(started.dir, { recursive: true });
    else log(`the logs are in ${labPaths(started.dir).logs}`);
  });
}
