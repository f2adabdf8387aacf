import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import kubernetesPackage from "@pulumi/kubernetes/package.json" with { type: "json" };
import tlsPackage from "@pulumi/tls/package.json" with { type: "json" };
import { execa } from "execa";
import { LabError } from "../progress.ts";
import { isReachable } from "../tools/build.ts";
import { WITHOUT_UNUSED_MODULES } from "./sdkStart.ts";

/** Plugins of the lab: real ones where they are available, only real ones, or only stand-ins. */
export type PluginMode = "auto" | "real" | "stand-in";

/** One plugin as the engine will find it. */
export interface PreparedPlugin {
  /** Name of the executable, e.g. `pulumi-resource-tls`. */
  readonly name: string;
  readonly kind: "real" | "stand-in";
  /** The executable; for a stand-in its launcher. */
  readonly path: string;
}

/** Places and sources of plugins. */
export interface PluginOptions {
  /** @default "auto" */
  readonly mode?: PluginMode;
  /** Path of the pulumi executable. */
  readonly pulumi: string;
  /** The engine's `PULUMI_HOME`; its `plugins/` is Pulumi's plugin cache. */
  readonly pulumiHome: string;
  /** The lab's folder of launchers, which must be first on the engine's PATH. */
  readonly binDir: string;
  readonly log: (line: string) => void;
  /** Environment in which real plugins are looked for. @default process.env */
  readonly env?: NodeJS.ProcessEnv;
  /** Whether a URL can be downloaded. @default isReachable */
  readonly reachable?: (url: string) => Promise<boolean>;
}

interface Wanted {
  readonly kind: "language" | "resource";
  readonly name: string;
  /** Undefined: it comes with the pulumi executable and cannot be had alone. */
  readonly version?: string;
}

const PLUGINS: readonly Wanted[] = [
  { kind: "language", name: "nodejs" },
  { kind: "resource", name: "kubernetes", version: kubernetesPackage.version },
  { kind: "resource", name: "tls", version: tlsPackage.version },
];

/** The launcher of dynamic providers: part of the SDK, so always real. */
const DYNAMIC = "pulumi-resource-pulumi-nodejs";
const FAILED_DOWNLOAD = "plugin-download-failed";
/** Server of the CLI's downloads; probed first, as the CLI retries for long. */
const PLUGIN_SERVER = "https://get.pulumi.com/releases/plugins";
const DOWNLOAD_SECONDS = 60;
/**
 * Flag of V8 that the SDK sets while it is loaded, and that Pulumi.yaml sets for the program from its start. V8 refuses code from the
 * compile cache that was compiled under other flags, and Node then writes it anew.
 */
const SDK_FLAG = "--allow-natives-syntax";
/** First lines of each stand-in's launcher, which distinguish it from a real plugin. */
const LAUNCHER = "#!/bin/sh\n# istio-federation lab: stand-in\n";

/** Reads `LAB_PLUGINS`; empty or absent is "auto". @throws LabError for any other value. */
export function pluginMode(value: string | undefined): PluginMode {
  switch (value || "auto") {
    case "auto":
    case "real":
    case "stand-in":
      return (value || "auto") as PluginMode;
    default:
      throw new LabError(`LAB_PLUGINS is ${JSON.stringify(value)}; it must be auto, real or stand-in`);
  }
}

/**
 * Prepares all plugins of the program in `binDir`, with this process's Node as `node`. Real ones come from PATH, from beside the pulumi
 * executable, from the plugin cache, or by one bounded download; the others are stand-ins.
 *
 * @throws LabError in mode "real" with every plugin that is not available.
 */
export async function preparePlugins(options: PluginOptions): Promise<PreparedPlugin[]> {
  const mode = options.mode ?? "auto";
  await mkdir(options.binDir, { recursive: true });
  await link(process.execPath, join(options.binDir, "node"));
  const prepared: PreparedPlugin[] = [];
  const missing: string[] = [];
  for (const plugin of PLUGINS) {
    const name = executable(plugin);
    const path = join(options.binDir, name);
    const found =
      mode === "stand-in" ? undefined : (findReal(plugin, options) ?? (await download(plugin, options)));
    if (found !== undefined) {
      await link(found, path);
      prepared.push({ name, kind: "real", path: found });
    } else if (mode === "real") {
      missing.push(`${name}: ${await whyMissing(plugin, options)}`);
    } else {
      await launcher(path, name);
      prepared.push({ name, kind: "stand-in", path });
    }
  }
  if (missing.length > 0) {
    const advice = "Install them (pulumi plugin install), or set LAB_PLUGINS=auto for the lab's stand-ins.";
    throw new LabError(
      `LAB_PLUGINS=real, but not available:\n${missing.map((line) => `  - ${line}`).join("\n")}\n${advice}`,
    );
  }
  const dynamic = join(
    dirname(createRequire(import.meta.url).resolve("@pulumi/pulumi/package.json")),
    DYNAMIC,
  );
  await dynamicLauncher(join(options.binDir, DYNAMIC), dynamic);
  return [...prepared, { name: DYNAMIC, kind: "real", path: dynamic }];
}

function executable({ kind, name }: Wanted): string {
  return `pulumi-${kind}-${name}`;
}

function findReal(
  plugin: Wanted,
  { pulumi, pulumiHome, binDir, env = process.env }: PluginOptions,
): string | undefined {
  const { kind, name, version } = plugin;
  const homes = [pulumiHome, env["PULUMI_HOME"] ?? "", join(homedir(), ".pulumi")].filter(Boolean);
  const caches = homes.map((home) => join(home, "plugins", `${kind}-${name}-v${version}`));
  const folders = [
    ...(env["PATH"] ?? "").split(delimiter).filter(Boolean),
    dirname(pulumi),
    ...(version === undefined ? [] : caches),
  ];
  const others = folders.filter((folder) => resolve(folder) !== resolve(binDir));
  return others
    .map((folder) => join(folder, executable(plugin)))
    .find((file) => existsSync(file) && !isLauncher(file));
}

/** Whether a file is a stand-in of this lab, or of another one in whose shell we are. */
function isLauncher(file: string): boolean {
  const descriptor = openSync(file, "r");
  try {
    const start = Buffer.alloc(LAUNCHER.length);
    readSync(descriptor, start, 0, start.length, 0);
    return start.toString() === LAUNCHER;
  } finally {
    closeSync(descriptor);
  }
}

async function download(plugin: Wanted, options: PluginOptions): Promise<string | undefined> {
  const { version } = plugin;
  if (version === undefined || existsSync(join(options.binDir, FAILED_DOWNLOAD))) return undefined;
  const url = `${PLUGIN_SERVER}/${executable(plugin)}-v${version}-linux-${process.arch === "x64" ? "amd64" : process.arch}.tar.gz`;
  if (!(await (options.reachable ?? isReachable)(url))) {
    options.log(`Pulumi's plugins cannot be downloaded: ${url} cannot be reached`);
    await writeFile(join(options.binDir, FAILED_DOWNLOAD), `${url} cannot be reached`);
    return undefined;
  }
  const env = {
    ...(options.env ?? process.env),
    PULUMI_HOME: options.pulumiHome,
    PULUMI_SKIP_UPDATE_CHECK: "true",
  };
  options.log(
    `downloading Pulumi's ${plugin.kind} plugin ${plugin.name} ${version} (at most ${DOWNLOAD_SECONDS} s)`,
  );
  const result = await execa(
    options.pulumi,
    ["plugin", "install", plugin.kind, plugin.name, version, "--non-interactive"],
    {
      env,
      reject: false,
      all: true,
      timeout: DOWNLOAD_SECONDS * 1000,
    },
  );
  const found = findReal(plugin, options);
  if (found === undefined) {
    const reason = result.timedOut
      ? `no answer in ${DOWNLOAD_SECONDS} s`
      : result.all.trim().split("\n").at(-1);
    options.log(`not downloadable: ${reason}`);
    await writeFile(join(options.binDir, FAILED_DOWNLOAD), reason ?? "");
  }
  return found;
}

async function whyMissing(plugin: Wanted, options: PluginOptions): Promise<string> {
  if (plugin.version === undefined)
    return `not on PATH and not beside ${options.pulumi}; it comes with Pulumi's own CLI packages only`;
  const places = `not on PATH, not beside ${options.pulumi}, not in ${join(options.pulumiHome, "plugins")}`;
  const reason = await readFile(join(options.binDir, FAILED_DOWNLOAD), "utf8").catch(
    () => "it did not arrive",
  );
  return `${plugin.version} is ${places}; download failed: ${reason}`;
}

/** Writes a shell script: the engine starts plugins by name, without an interpreter. */
async function launcher(path: string, name: string): Promise<void> {
  const words = [process.execPath, SDK_FLAG, join(import.meta.dirname, "main.ts"), name];
  await writeScript(path, `${LAUNCHER}exec ${words.map(quote).join(" ")} "$@"\n`);
}

/**
 * Starts the SDK's launcher with a compile cache of its own, as the SDK sets {@link SDK_FLAG} in the middle of its start, and without
 * modules that no provider uses.
 */
async function dynamicLauncher(path: string, target: string): Promise<void> {
  const folder = `"\${NODE_COMPILE_CACHE:+$NODE_COMPILE_CACHE/dynamic}"`;
  const options = `"\${NODE_OPTIONS:-} "${quote(WITHOUT_UNUSED_MODULES)}`;
  const lines = [`export NODE_COMPILE_CACHE=${folder}`, `export NODE_OPTIONS=${options}`];
  await writeScript(path, `#!/bin/sh\n${lines.join("\n")}\nexec ${quote(target)} "$@"\n`);
}

async function writeScript(path: string, text: string): Promise<void> {
  await rm(path, { force: true });
  await writeFile(path, text, { mode: 0o755 });
}

/** Quotes a word for the shell. */
function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

async function link(target: string, path: string): Promise<void> {
  await rm(path, { force: true });
  await symlink(target, path);
}
