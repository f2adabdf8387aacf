import assert from "node:assert/strict";
import { delimiter, dirname } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { LocalWorkspace, type Stack } from "@pulumi/pulumi/automation/index.js";
import { readStateReleases } from "../../discovery/stacks.ts";
import { type ReleaseName, ISTIOD_RELEASE } from "../../federation/core/helmReleases.ts";
import { createProgress } from "../../lab/progress.ts";
import { prepareTools } from "../../lab/tools/tools.ts";
import { temporaryFolder } from "../lab/temporaryFolder.ts";

/** A resource with the type and outputs of a Helm release that needs no provider. */
class Release extends pulumi.ComponentResource {
  constructor({ namespace, name }: ReleaseName) {
    super("kubernetes:helm.sh/v3:Release", name);
    this.registerOutputs({ namespace, name, values: pulumi.secret({ password: "x" }) });
  }
}

describe("readStateReleases under Pulumi's engine", () => {
  const path = process.env.PATH ?? "";
  let stack: Stack;
  let found: ReleaseName[] | undefined;

  before(async () => {
    const { programs } = await prepareTools(createProgress());
    process.env.PATH = `${dirname(programs.pulumi)}${delimiter}${path}`;
    const program = async (): Promise<void> => {
      found = await readStateReleases();
      new Release(ISTIOD_RELEASE);
    };
    stack = await LocalWorkspace.createOrSelectStack(
      { stackName: "cluster-a", projectName: "istio-federation", program },
      {
        envVars: {
          PULUMI_BACKEND_URL: `file://${await temporaryFolder("state-releases")}`,
          PULUMI_CONFIG_PASSPHRASE: "test",
          PULUMI_SKIP_UPDATE_CHECK: "true",
          PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK: "true",
        },
      },
    );
  });

  after(() => {
    process.env.PATH = path;
  });

  it("returns none in a new stack", async () => {
    await stack.preview();
    assert.deepEqual(found, []);
  });

  it("returns a release that an update has created", async () => {
    await stack.up();
    await stack.preview();
    assert.deepEqual(found, [ISTIOD_RELEASE]);
  });
});
