import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { type StateContent, readState } from "../../discovery/stacks.ts";
import type { ReleaseName } from "../../federation/core/helmReleases.ts";
import { istiodRelease } from "../../federation/core/revision.ts";
import { PulumiEngine } from "../providers/support/pulumiEngine.ts";

/** A resource with the type and outputs of a Helm release that needs no provider. */
class Release extends pulumi.ComponentResource {
  constructor({ namespace, name }: ReleaseName) {
    super("kubernetes:helm.sh/v3:Release", name);
    this.registerOutputs({ namespace, name, values: pulumi.secret({ password: "x" }) });
  }
}

describe("readState under Pulumi's engine", () => {
  let engine: PulumiEngine;
  let stack: Stack;
  let found: StateContent | undefined;

  before(async () => {
    engine = await PulumiEngine.start("istio-federation");
    stack = await engine.makeStack("cluster-a", async () => {
      found = await readState();
      new Release(istiodRelease("default"));
    });
  });

  after(() => engine.stop());

  it("returns none in a new stack", async () => {
    await stack.preview();
    assert.deepEqual(found, { releases: [], objects: [] });
  });

  it("returns a release that an update has created", async () => {
    await stack.up();
    await stack.preview();
    assert.deepEqual(found, { releases: [istiodRelease("default")], objects: [] });
  });
});
