import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { LAB_FOLDER, labPaths } from "../../../lab/environment.ts";
import { federate } from "../../../lab/federate.ts";
import { type Lab, startLab } from "../../../lab/lab.ts";
import { pluginMode } from "../../../lab/plugins/pluginPath.ts";
import type { ProofContext } from "../../../lab/proofs/proof.ts";
import { Stack } from "../../../lab/pulumi.ts";
import { EQUAL_DOMAINS } from "../../../lab/scenarios/equalDomains.ts";
import { LabSecrets } from "../labSecrets.ts";
import { expectNoSecrets } from "../secretSearch.ts";
import { log } from "../sharedLab.ts";
import { editedStackFile } from "../stackFile.ts";

// Not in the lab of the other tests, whose clusters have domains of their own.
describe("a federation of clusters that are all cluster.local", function () {
  this.timeout(1_200_000);
  let started: Lab | undefined;
  let lab: Lab;
  let context: ProofContext;
  let failed = false;

  before(async () => {
    const plugins = pluginMode(process.env["LAB_PLUGINS"]);
    lab = started = await startLab({ dir: LAB_FOLDER, log, plugins, clusters: EQUAL_DOMAINS.clusters });
    context = { lab, stacks: await federate(lab, log, EQUAL_DOMAINS) };
  });

  afterEach(function () {
    failed ||= this.currentTest?.state === "failed";
  });

  // The folder stays when something failed, for its logs.
  after(async () => {
    if (started === undefined) return;
    await started.stop();
    if (failed) log(`the logs are in ${labPaths(lab.dir).logs}`);
    else await rm(lab.dir, { recursive: true });
  });

  for (const proof of EQUAL_DOMAINS.proofs()) {
    it(`${proof.claim}: ${proof.caller} -> ${proof.callee}`, async () => {
      const outcome = await proof.run(context);
      assert.ok(outcome.passed, outcome.reason);
    });
  }

  /** What a preview of equal-1 prints that must fail, with another config. */
  async function refusal(edit: Parameters<typeof editedStackFile>[1]): Promise<string> {
    const configFile = await editedStackFile("equal-1", edit);
    const { exitCode, output } = await new Stack("equal-1", lab, { configFile }).run("preview");
    assert.notEqual(exitCode, 0);
    return output;
  }

  it("cannot call each other's services by names that are their own, and hear the way out", async () => {
    const output = await refusal((config) => {
      const peers = config["istio-federation:peers"] as Record<string, Record<string, unknown>>;
      peers["equal-2"] = { ...peers["equal-2"], names: "own" };
    });
    assert.match(output, /clusterDomain: "cluster\.local" must neither be, hold nor lie in 'cluster\.local'/);
    assert.match(output, /istio-federation:peers\.equal-2\.names' mesh/);
  });

  it("keep their mesh domains while they run: peers' workloads call them by it", async () => {
    const output = await refusal((config) => {
      const cluster = config["istio-federation:cluster"] as Record<string, unknown>;
      cluster["meshDomain"] = "other.mesh";
    });
    assert.match(output, /cluster\.meshDomain: "other\.mesh" is another than 'equal-1\.mesh'/);
  });

  it("keep their keys to themselves: logs and what is printed have none", async () => {
    const secrets = new LabSecrets();
    await secrets.noteStates(lab, [...new Set(EQUAL_DOMAINS.updates)]);
    assert.ok(secrets.keys.size >= 4, "the keys of both roots and of both intermediates");
    expectNoSecrets(await secrets.findIn(lab.dir));
  });
});
