import assert from "node:assert/strict";
import { execa } from "execa";
import { globSync } from "node:fs";
import { actionlintProgram } from "../../../lab/tools/build.ts";

describe("The workflows of this repository", function () {
  this.timeout(300_000);

  it("are without a finding of actionlint", async () => {
    const files = globSync(".github/workflows/*.yml");
    assert.ok(files.length > 0);
    const { all, exitCode } = await execa(await actionlintProgram(() => undefined), files, {
      reject: false,
      all: true,
    });
    assert.equal(exitCode, 0, all);
  });
});
