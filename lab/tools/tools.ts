import { access, constants } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import { execa } from "execa";
import semver from "semver";
import type { Log } from "../progress.ts";
import { buildMissing, CHARTS, ENVOY_BOOTSTRAP } from "./build.ts";
import { cacheFolder, ensureCached } from "./cache.ts";
import { pinnedVersion, TOOLS, type ToolName, type ToolSpec } from "./versions.ts";

/** Programs and files of the lab outside the checkout. */
export interface Tools {
  /** Absolute path of each program. */
  readonly programs: Readonly<Record<ToolName, string>>;
  /** Version and place of each program: `3.230.0 (/usr/bin/pulumi)`, `1.36.1 (cache)`. */
  readonly origins: Readonly<Record<ToolName, string>>;
  /** Folder with Istio's charts: `base/`, `istiod/`, `gateway/`. */
  readonly charts: string;
  /** Istio's template of an Envoy bootstrap, which pilot-agent fills in. */
  readonly envoyBootstrap: string;
}

/**
 * Gets all tools ready: from PATH when a version fits, Pulumi by its own installer, else built or fetched once into the
 * cache.
 *
 * @param path where to look first. Default: the environment's PATH.
 */
export async function prepareTools(log: Log, path: string = process.env.PATH ?? ""): Promise<Tools> {
  const folder = await cacheFolder();
  const names = Object.keys(TOOLS) as ToolName[];
  const programs = new Map<ToolName, string>();
  const origins = new Map<ToolName, string>();
  const searches = await Promise.all(
    names.map(async (name) => ({ name, ...(await findOnPath(name, path)) })),
  );
  for (const { name, found, refused } of searches) {
    for (const reason of refused) log(`not used: ${reason}`);
    if (found !== undefined) {
      programs.set(name, found.file);
      origins.set(name, `${found.version} (${found.file})`);
    }
  }
  const missing = names.filter((name) => !programs.has(name));
  await ensureCached(folder, [...missing, CHARTS, ENVOY_BOOTSTRAP], log, (wanted, temporary) =>
    buildMissing(wanted, temporary, log),
  );
  for (const name of missing) {
    programs.set(name, join(folder, name));
    origins.set(name, `${pinnedVersion(name)} (${folder})`);
  }
  return {
    programs: Object.fromEntries(programs) as Record<ToolName, string>,
    origins: Object.fromEntries(origins) as Record<ToolName, string>,
    charts: join(folder, CHARTS),
    envoyBootstrap: join(folder, ENVOY_BOOTSTRAP),
  };
}

/** Longest time that a program may take to print its version. */
const VERSION_TIMEOUT_MILLISECONDS = 20_000;

/** A program found on PATH. */
export interface PathTool {
  readonly file: string;
  readonly version: string;
}

/** Result of the search for a tool on PATH: a program, or the reasons against those that are there. */
export interface PathSearch {
  readonly found?: PathTool;
  /** One readable reason per program passed over, e.g. `/usr/bin/helm is version 2.1.0, wanted >=3.12.0 <4`. */
  readonly refused: readonly string[];
}

/**
 * Looks for a tool on PATH. An unrelated program of the same name, or another version, is passed over.
 *
 * @param path as in the environment variable; relative entries are ignored.
 */
export async function findOnPath(tool: ToolName, path: string): Promise<PathSearch> {
  const refused: string[] = [];
  for (const folder of new Set(path.split(delimiter).filter(isAbsolute))) {
    const file = join(folder, tool);
    if (!(await isExecutable(file))) continue;
    const version = await readVersion(file, TOOLS[tool]);
    if (version !== undefined && isAccepted(tool, version)) return { found: { file, version }, refused };
    const { accepted } = TOOLS[tool];
    const wanted = accepted === "pinned" ? pinnedVersion(tool) : accepted;
    refused.push(
      `${file} is ${version === undefined ? "of unknown version" : `version ${version}`}, wanted ${wanted}`,
    );
  }
  return { refused };
}

/** Whether a program of this version on PATH serves the lab. Pre-releases count as the release that they precede. */
export function isAccepted(tool: ToolName, version: string): boolean {
  const { accepted } = TOOLS[tool];
  if (accepted === "pinned") return version === pinnedVersion(tool);
  // Some releases of helm print no patch number.
  const complete = semver.valid(version) ?? semver.coerce(version);
  return complete !== null && semver.satisfies(complete, accepted, { includePrerelease: true });
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function readVersion(file: string, spec: ToolSpec): Promise<string | undefined> {
  const result = await execa(file, spec.versionArgs, {
    all: true,
    reject: false,
    timeout: VERSION_TIMEOUT_MILLISECONDS,
    env: { PULUMI_SKIP_UPDATE_CHECK: "true" },
  });
  return spec.versionPattern.exec(result.all)?.[1];
}
