import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { changesNothing, Stack } from "../../lab/pulumi.ts";

describe("a stack, as the lab works on it", () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "pulumi-"));
    for (const folder of ["logs", "bin"]) await mkdir(join(dir, folder));
  });
  afterEach(() => rm(dir, { recursive: true }));

  /** A stack whose Pulumi CLI is a shell script. */
  const stackWith = async (script: string): Promise<Stack> => {
    const pulumi = join(dir, "bin/pulumi");
    await writeFile(pulumi, `#!/bin/sh\n${script}\n`);
    await chmod(pulumi, 0o755);
    return new Stack("cluster-a", { dir, environment: {} });
  };

  it("is made when it does not exist, without being selected", async () => {
    const stack = await stackWith(`echo "$@" >> ${dir}/calls; echo '[{"name": "cluster-b"}]'`);
    await stack.ensure();
    assert.match(await readFile(join(dir, "calls"), "utf8"), /stack init cluster-a --no-select/);
  });

  it("is left as it is when it exists", async () => {
    const stack = await stackWith(`echo "$@" >> ${dir}/calls; echo '[{"name": "cluster-a"}]'`);
    await stack.ensure();
    assert.doesNotMatch(await readFile(join(dir, "calls"), "utf8"), /init/);
  });

  it("tells the summary of an update", async () => {
    const stack = await stackWith(
      "printf 'Updating\\nResources:\\n    + 1 created\\n    20 unchanged\\n\\nDuration: 3s\\n'",
    );
    assert.deepEqual(await stack.up(), ["+ 1 created", "20 unchanged"]);
  });

  it("fails with the command, its log's path and the end of what was printed", async () => {
    const stack = await stackWith("echo 'error: no such chart' >&2; exit 255");
    await assert.rejects(stack.up(), (error: Error) => {
      assert.match(
        error.message,
        /^`pulumi up .*--stack cluster-a` failed\. Last lines of .*pulumi-cluster-a\.log:/,
      );
      assert.match(error.message, /error: no such chart/);
      return true;
    });
  });

  it("has nothing to change when all resources stay the same", () => {
    assert.ok(changesNothing({ same: 23 }));
    assert.ok(changesNothing({}));
    assert.ok(!changesNothing({ same: 22, update: 1 }));
  });
});
