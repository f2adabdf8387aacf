import { access, constants } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import { execa } from "execa";
import semver from "semver";
import { pinnedVersion, TOOLS, type ToolName, type ToolSpec } from "./versions.ts";

/** Longest time that a program may take to print its version. */
const VERSION_TIMEOUT_MILLISECONDS = 20_000;

/** A program found on PATH. */
export interface PathTool {
  readonly file: string;
  readonly version: string;
}

/** What PATH offers for one tool: a fitting program, or else the reasons why those found do not fit. */
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
    if (!(await isExecutable(file))) {
      continue;
    }
    const version = await readVersion(file, TOOLS[tool]);
    if (version !== undefined && isAccepted(tool, version)) {
      return { found: { file, version }, refused };
    }
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
  if (accepted === "pinned") {
    return version === pinnedVersion(tool);
  }
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
