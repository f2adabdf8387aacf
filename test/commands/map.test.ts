import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { CHECKOUT } from "../../lab/environment.ts";
import { contractOf } from "../federation/samples.ts";
import { temporaryFolder } from "../lab/temporaryFolder.ts";

describe("npm run map", function () {
  this.timeout(60_000);
  let folder: string;
  before(async () => {
    folder = await temporaryFolder("map");
    await writeFile(join(folder, "b.json"), JSON.stringify(contractOf()));
  });

  const map = (...args: string[]) =>
    execa(process.execPath, [join(CHECKOUT, "commands/map.ts"), ...args], { cwd: folder, reject: false });

  it("writes a picture to a file", async () => {
    const { exitCode } = await map("b.json", "--format", "svg", "--output", "map.svg");
    assert.match(await readFile(join(folder, "map.svg"), "utf8"), /<svg /);
    assert.equal(exitCode, 0);
  });

  it("draws what can be read, names the rest, and ends with 2", async () => {
    const { stdout, stderr, exitCode } = await map("b.json", "no.json", "--format", "json");
    const { clusters, problems } = JSON.parse(stdout) as { clusters: { name: string }[]; problems: string[] };
    assert.deepEqual([clusters.map(({ name }) => name), problems.length, exitCode], [["cluster-b"], 1, 2]);
    assert.match(stderr, /^no\.json cannot be read: ENOENT/);
  });
});
