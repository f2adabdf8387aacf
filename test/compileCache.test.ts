import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { privateFolder } from "../compileCache.ts";

const CHECKOUT = join(import.meta.dirname, "..");

describe("The folder of Node's compile cache", () => {
  let parent: string;

  beforeEach(() => (parent = realpathSync(mkdtempSync(join(tmpdir(), "istio-federation-cache-")))));
  afterEach(() => {
    rmSync(parent, { recursive: true });
  });

  /** The compile cache folder that Node reports for the program. */
  function used(env: Record<string, string>): string {
    const { NODE_COMPILE_CACHE: _, ...rest } = process.env;
    const code = "console.log(require('node:module').getCompileCacheDir() ?? 'none')";
    const { stdout, stderr } = spawnSync(process.execPath, ["--import", "./compileCache.ts", "-e", code], {
      cwd: CHECKOUT,
      encoding: "utf8",
      env: { ...rest, TMPDIR: parent, ...env },
    });
    assert.equal(stderr, "");
    return stdout.trim();
  }

  it("is the user's own, and no other user can enter it", () => {
    const expected = join(parent, "caches/istio-federation/compile-cache");
    assert.ok(used({ XDG_CACHE_HOME: join(parent, "caches") }).startsWith(`${expected}/`));
    assert.equal(statSync(expected).mode & 0o777, 0o700);
    assert.ok(used({ XDG_CACHE_HOME: "relative", HOME: parent }).startsWith(join(parent, ".cache/")));
  });

  it("is never one that other users share: then there is none", () => {
    const shared = join(parent, "shared");
    mkdirSync(shared);
    chmodSync(shared, 0o777);
    assert.equal(used({ XDG_CACHE_HOME: shared }), "none");
    assert.equal(used({ XDG_CACHE_HOME: "/dev/null" }), "none");
  });

  const folder = () => join(parent, "cache");

  for (const [how, mode] of [
    ["can write to", 0o770],
    ["can read", 0o755],
  ] as const) {
    it(`is refused where others ${how} it`, () => {
      mkdirSync(folder());
      chmodSync(folder(), mode);
      assert.equal(privateFolder(folder()), undefined);
      chmodSync(folder(), 0o700);
      assert.equal(privateFolder(folder()), folder());
    });
  }

  it("is refused where others can put another one in its place, and not in a sticky folder", () => {
    chmodSync(parent, 0o777);
    assert.equal(privateFolder(folder()), undefined);
    chmodSync(parent, 0o1777);
    assert.equal(privateFolder(folder()), folder());
  });

  it("is refused where it, or a folder above, belongs to another user", () => {
    const user = process.getuid?.() ?? assert.fail();
    assert.equal(privateFolder(folder(), user), folder());
    assert.equal(privateFolder(folder(), user + 1), undefined);
  });

  it("is where a symbolic link leads, and validated there", () => {
    mkdirSync(folder(), { mode: 0o700 });
    const link = join(parent, "link");
    symlinkSync(folder(), link);
    assert.equal(privateFolder(link), folder());
    chmodSync(folder(), 0o777);
    assert.equal(privateFolder(link), undefined);
  });
});
