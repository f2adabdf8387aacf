import { rm } from "node:fs/promises";
import { CLUSTERS, type LabCluster } from "../../lab/clusters.ts";
import { LAB_FOLDER, labPaths } from "../../lab/environment.ts";
import { type Lab, startLab } from "../../lab/lab.ts";
import { pluginMode } from "../../lab/plugins/pluginPath.ts";
import { log } from "./sharedLab.ts";

/**
 * A lab for the tests of one suite, in which this is called: started before them, ended after them. Its folder stays when something
 * failed, for its logs.
 *
 * @param prepare what to do with it before the tests.
 * @param clusters Default: the two of a federation.
 */
export function ownLab(
  prepare: (lab: Lab) => Promise<void>,
  clusters: readonly LabCluster[] = CLUSTERS,
): void {
  let started: Lab | undefined;
  let prepared = false;
  let failed = false;

  before(async () => {
    started = await startLab({
      ...{ dir: LAB_FOLDER, log, clusters },
      plugins: pluginMode(process.env["LAB_PLUGINS"]),
    });
    await prepare(started);
    prepared = true;
  });

  afterEach(function () {
    failed ||= this.currentTest?.state === "failed";
  });

  after(async () => {
    if (started === undefined) return;
    await started.stop();
    if (failed || !prepared) log(`the logs are in ${labPaths(started.dir).logs}`);
    else await rm(started.dir, { recursive: true });
  });
}
