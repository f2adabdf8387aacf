import { readFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import semver from "semver";
import { LabError } from "./progress.ts";
import { GO_VERSION, TOOLS_FOLDER } from "./tools/versions.ts";

/** Oldest npm that reads package-lock.json. */
const NPM_VERSION = "10.0.0";

/** Longest time one check may take; Go may have to fetch a newer toolchain of itself. */
const CHECK_MILLISECONDS = 120_000;

/** Runs a command and returns its output; undefined when it is missing or fails. Replaced by tests. */
export type RunCommand = (
  command: string,
  args: readonly string[],
  cwd: string,
) => Promise<string | undefined>;

/**
 * Checks the machine before anything is started.
 *
 * @throws LabError with everything that is missing and the remedies.
 */
export async function checkPrerequisites(
  run: RunCommand = runCommand,
  platform: string = process.platform,
): Promise<void> {
  const commands = await Promise.all([checkNpm(run), checkGo(run), checkPython(run)]);
  const missing = [checkLinux(platform), checkNode(), ...commands].filter((fault) => fault !== undefined);
  if (missing.length > 0) {
    throw new LabError(
      `This machine lacks what the lab needs:\n${missing.map((line) => `  - ${line}`).join("\n")}`,
    );
  }
}

function checkLinux(platform: string): string | undefined {
  return platform === "linux"
    ? undefined
    : `Linux: this is ${platform}; the lab uses loopback addresses and /proc as Linux has them. Use a Linux machine`;
}

function checkNode(): string | undefined {
  const packageFile = join(import.meta.dirname, "../package.json");
  const { engines } = JSON.parse(readFileSync(packageFile, "utf8")) as { engines: { node: string } };
  return semver.satisfies(process.versions.node, engines.node)
    ? undefined
    : `Node ${engines.node}: this is ${process.versions.node}. Run \`npm ci\` with npm's install scripts allowed (it brings Node), and start by \`npm run\``;
}

async function checkNpm(run: RunCommand): Promise<string | undefined> {
  const version = semver.coerce(await run("npm", ["--version"], TOOLS_FOLDER));
  if (version !== null && semver.gte(version, NPM_VERSION)) return undefined;
  const have = version === null ? "`npm --version` fails" : `this is ${version.version}`;
  return `npm ${semver.major(NPM_VERSION)} or later: ${have}. Install a Node.js that has it (https://nodejs.org)`;
}

async function checkGo(run: RunCommand): Promise<string | undefined> {
  // In the folder of go.mod, so that Go picks, or fetches, the toolchain that this go.mod asks for.
  const printed = await run("go", ["version"], TOOLS_FOLDER);
  const version = semver.coerce(/go(\d\S*)/.exec(printed ?? "")?.[1]);
  if (version !== null && semver.gte(version, GO_VERSION)) return undefined;
  const have = version === null ? "`go version` fails" : `this is ${version.version}`;
  return `Go ${GO_VERSION} or later: ${have}. Install it (https://go.dev/dl) and put its bin folder on PATH`;
}

async function checkPython(run: RunCommand): Promise<string | undefined> {
  const printed = await run("python3", ["-m", "pip", "--version"], TOOLS_FOLDER);
  return printed?.includes("python 3")
    ? undefined
    : "Python 3 with pip: `python3 -m pip --version` fails. Install both (Debian, Ubuntu: apt install python3-pip)";
}

async function runCommand(
  command: string,
  args: readonly string[],
  cwd: string,
): Promise<string | undefined> {
  const result = await execa(command, args, { cwd, reject: false, timeout: CHECK_MILLISECONDS });
  return result.failed ? undefined : result.stdout;
}
