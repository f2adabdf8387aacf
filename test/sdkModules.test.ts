import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const CHECKOUT = join(import.meta.dirname, "..");
const PRELOADED = ["--import", "./sdkModules.ts"];

/** Output of a program, run in the checkout as CommonJS. */
function printed(code: string, args: readonly string[] = PRELOADED): unknown {
  const { stdout, stderr } = spawnSync(process.execPath, [...args, "-e", code], {
    cwd: CHECKOUT,
    encoding: "utf8",
  });
  assert.notEqual(stdout, "", stderr);
  return JSON.parse(stdout);
}

describe("Modules of Pulumi's SDK that the program does not use", () => {
  it("are not loaded with the SDK", () => {
    const code = `
      require("source-map-support/register");
      const { isInitializedAsync } = require("@pulumi/pulumi/runtime/closure/v8Hooks");
      require("@pulumi/pulumi");
      isInitializedAsync().then(() => {
        const needless = /typescript|arborist|closure\\/(?:createClosure|v8)\\.js|source-map-support\\.js/;
        console.log(JSON.stringify({
          modules: Object.keys(require.cache).length > 100,
          needless: Object.keys(require.cache).filter((path) => needless.test(path)),
        }));
      });`;
    assert.deepEqual(printed(code), { modules: true, needless: [] });
  });

  const serialize = `
    const pulumi = require("@pulumi/pulumi");
    const five = 5;
    const work = pulumi.runtime.serializeFunction(() => five + 1, { allowSecrets: true });
    const paths = pulumi.runtime.computeCodePaths();
    Promise.all([work, paths]).then(([{ text }, found]) => {
      console.log(JSON.stringify({ text, paths: [...found.keys()].sort() }));
    });`;

  it("are loaded by need, and work as without", () => {
    const { text, paths } = printed(serialize) as { text: string; paths: string[] };
    assert.match(text, /five/);
    assert.ok(paths.length > 0);
    assert.deepEqual({ text, paths }, printed(serialize, []));
  });

  for (const module of ["runtime/closure/serializeClosure", "runtime/closure/codePaths"]) {
    it(`have the names of today's SDK: ${module}`, () => {
      const code = `console.log(JSON.stringify(Object.keys(require("@pulumi/pulumi/${module}")).sort()))`;
      assert.deepEqual(printed(code), printed(code, []));
    });
  }

  it("need not be there", () => {
    const code = "console.log(JSON.stringify(Object.keys(require.cache).length))";
    const args = ["--import", join(CHECKOUT, "sdkModules.ts")];
    assert.equal(printed(code, args), 4);
  });
});
