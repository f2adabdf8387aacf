import assert from "node:assert/strict";
import { type Stack, changesNothing } from "../../lab/pulumi.ts";

/** A stack that is up to date has nothing to change: not in a preview, and not in one after a refresh. */
export async function expectStable(stack: Stack): Promise<void> {
  for (const moment of ["after the update", "after a refresh"]) {
    const changes = await stack.preview();
    assert.ok(changesNothing(changes), `${moment}: ${JSON.stringify(changes)}, see ${stack.log}`);
    if (moment === "after a refresh") return;
    const { exitCode, output } = await stack.run("refresh", "--yes", "--skip-preview");
    assert.equal(exitCode, 0, output);
  }
}
