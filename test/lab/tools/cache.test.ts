import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cacheFolder, compileCacheFolder, ensureCached, type Builder } from "../../../lab/tools/cache.ts";

describe("the tools' cache", () => {
  let folder: string;
  const log = () => undefined;
  beforeEach(async () => (folder = join(await mkdtemp(join(tmpdir(), "tools-cache-")), "key")));
  afterEach(() => rm(join(folder, ".."), { recursive: true }));

  const builder =
    (calls: string[][]): Builder =>
    async (missing, temporary) => {
      calls.push([...missing]);
      await sleep(200);
      for (const name of missing) await writeFile(join(temporary, name), `made ${name}`);
    };

  it("builds what is missing, once, and only that", async () => {
    const calls: string[][] = [];
    await ensureCached(folder, ["helm", "etcd"], log, builder(calls));
    await ensureCached(folder, ["helm", "etcd", "pulumi"], log, builder(calls));
    await ensureCached(folder, ["helm", "etcd", "pulumi"], log, builder(calls));
    assert.deepEqual(calls, [["helm", "etcd"], ["pulumi"]]);
    assert.deepEqual((await readdir(folder)).sort(), ["etcd", "helm", "pulumi"]);
    assert.equal(await readFile(join(folder, "helm"), "utf8"), "made helm");
  });

  it("lets the second of two runs at once wait, and use the first one's work", async () => {
    const calls: string[][] = [];
    const lines: string[] = [];
    const first = ensureCached(folder, ["helm"], log, builder(calls));
    await sleep(100);
    await Promise.all([first, ensureCached(folder, ["helm"], (line) => lines.push(line), builder(calls))]);
    assert.deepEqual(calls, [["helm"]]);
    assert.match(lines.join(), /another run is preparing the tools/);
  });

  it("holds nothing of a build that failed half-way, and builds again", async () => {
    const broken: Builder = async (_, temporary) => {
      await writeFile(join(temporary, "helm"), "half");
      throw new Error("no space left");
    };
    await assert.rejects(ensureCached(folder, ["helm", "etcd"], log, broken), /no space left/);
    const calls: string[][] = [];
    await ensureCached(folder, ["helm", "etcd"], log, builder(calls));
    assert.deepEqual(calls, [["helm", "etcd"]]);
    assert.deepEqual((await readdir(folder)).sort(), ["etcd", "helm"]);
  });

  it("removes what a killed build left behind, lock included", async () => {
    await mkdir(join(folder, ".building-killed"), { recursive: true });
    await mkdir(`${folder}.lock`);
    const long = new Date(Date.now() - 3_600_000);
    const { utimes } = await import("node:fs/promises");
    await utimes(`${folder}.lock`, long, long);
    await ensureCached(folder, ["helm"], log, builder([]));
    assert.deepEqual(await readdir(folder), ["helm"]);
  });

  it("holds Node's compile cache in a private folder, and none where others can change the cache", async () => {
    const root = await realpath(join(folder, ".."));
    assert.equal(compileCacheFolder({ ISTIO_FEDERATION_CACHE: root }), join(root, "compile-cache"));
    await chmod(root, 0o777);
    assert.equal(compileCacheFolder({ ISTIO_FEDERATION_CACHE: root }), undefined);
  });

  it("is where the environment says, in a folder per set of versions", async () => {
    const own = await cacheFolder({ ISTIO_FEDERATION_CACHE: "/caches/lab", XDG_CACHE_HOME: "/ignored" });
    assert.match(own, /^\/caches\/lab\/[0-9a-f]{16}$/);
    assert.match(await cacheFolder({ XDG_CACHE_HOME: "/xdg" }), /^\/xdg\/istio-federation\/[0-9a-f]{16}$/);
    assert.match(await cacheFolder({}), /\/\.cache\/istio-federation\/[0-9a-f]{16}$/);
  });
});
