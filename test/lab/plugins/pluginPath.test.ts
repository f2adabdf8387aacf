import assert from "node:assert/strict";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LabError } from "../../../lab/progress.ts";
import type { PluginMode } from "../../../lab/plugins/pluginPath.ts";
import { pluginMode, preparePlugins } from "../../../lab/plugins/pluginPath.ts";

describe("The lab's plugins", () => {
  let folder: string;
  let lines: string[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "istio-federation-plugins-"));
    lines = [];
    program("cli/pulumi", "echo no network >&2; exit 1");
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function program(name: string, body = "true"): string {
    const file = join(folder, name);
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, `#!/bin/sh\n${body}\n`);
    chmodSync(file, 0o755);
    return file;
  }

  async function prepare(mode: PluginMode, path = "/usr/bin:/bin"): Promise<Record<string, string>> {
    const plugins = await preparePlugins({
      mode,
      pulumi: join(folder, "cli/pulumi"),
      pulumiHome: join(folder, "home"),
      binDir: join(folder, "bin"),
      log: (line) => lines.push(line),
      env: { PATH: path, HOME: folder, PULUMI_HOME: join(folder, "other-home") },
      reachable: () => Promise.resolve(true),
    });
    return Object.fromEntries(plugins.map(({ name, kind }) => [name, kind]));
  }

  it("are stand-ins when asked for, whatever is there, and run on this Node", async () => {
    program("path/pulumi-resource-tls");
    const kinds = await prepare("stand-in", join(folder, "path"));
    assert.deepEqual(kinds, {
      "pulumi-language-nodejs": "stand-in",
      "pulumi-resource-kubernetes": "stand-in",
      "pulumi-resource-tls": "stand-in",
      "pulumi-resource-pulumi-nodejs": "real",
    });
    const launcher = readFileSync(join(folder, "bin/pulumi-resource-tls"), "utf8");
    assert.match(
      launcher,
      /exec '[^']*node' '--allow-natives-syntax' '[^']*\/lab\/plugins\/main\.ts' 'pulumi-resource-tls' "\$@"\n$/,
    );
    assert.ok(launcher.includes(process.execPath));
    assert.equal(readlinkSync(join(folder, "bin/node")), process.execPath);
  });

  it("are the real ones from PATH, from beside the CLI and from the plugin cache", async () => {
    const tls = program("path/pulumi-resource-tls");
    program("cli/pulumi-language-nodejs");
    program("home/plugins/resource-kubernetes-v4.34.2/pulumi-resource-kubernetes");
    const kinds = await prepare("real", join(folder, "path"));
    assert.deepEqual([...new Set(Object.values(kinds))], ["real"]);
    assert.equal(readlinkSync(join(folder, "bin/pulumi-resource-tls")), tls);
    assert.deepEqual(lines, []);
  });

  it("are stand-ins where a download fails, which is tried once", async () => {
    const kinds = await prepare("auto");
    assert.equal(kinds["pulumi-resource-tls"], "stand-in");
    assert.deepEqual(lines, [
      "downloading Pulumi's resource plugin kubernetes 4.34.2 (at most 60 s)",
      "not downloadable: no network",
    ]);
    await prepare("auto");
    assert.equal(lines.length, 2);
  });

  it("are downloaded where they can be", async () => {
    const install = 'd="$PULUMI_HOME/plugins/$3-$4-v$5"; mkdir -p "$d"; echo real > "$d/pulumi-$3-$4"';
    program("cli/pulumi", install);
    program("cli/pulumi-language-nodejs");
    assert.deepEqual([...new Set(Object.values(await prepare("auto")))], ["real"]);
  });

  it("are never taken for real ones when they are stand-ins of an earlier run or another lab", async () => {
    await prepare("stand-in");
    const kinds = await prepare("auto", [join(folder, "bin"), join(folder, "bin/.")].join(":"));
    assert.equal(kinds["pulumi-resource-tls"], "stand-in");
    mkdirSync(join(folder, "other"));
    writeFileSync(
      join(folder, "other/pulumi-resource-tls"),
      readFileSync(join(folder, "bin/pulumi-resource-tls")),
    );
    assert.equal((await prepare("auto", join(folder, "other")))["pulumi-resource-tls"], "stand-in");
  });

  it("that must be real and are not there are all named at once, with the reason", async () => {
    await assert.rejects(prepare("real"), (error: Error) => {
      assert.ok(error instanceof LabError, "shown without a stack trace");
      assert.match(error.message, /pulumi-language-nodejs: not on PATH and not beside/);
      assert.match(error.message, /pulumi-resource-kubernetes: 4\.34\.2 is not on PATH.*no network/);
      assert.match(error.message, /pulumi-resource-tls: 5\.6\.1 is not on PATH/);
      assert.match(error.message, /LAB_PLUGINS=auto/);
      return true;
    });
  });

  it("are chosen by LAB_PLUGINS, whose wrong values are refused", () => {
    assert.deepEqual([undefined, "", "auto", "real", "stand-in"].map(pluginMode), [
      "auto",
      "auto",
      "auto",
      "real",
      "stand-in",
    ]);
    const message = 'LAB_PLUGINS is "fake"; it must be auto, real or stand-in';
    assert.throws(() => pluginMode("fake"), new LabError(message));
  });
});
