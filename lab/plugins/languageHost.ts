import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { join } from "node:path";
import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import languagePb, {
  type GetProgramDependenciesRequest,
  type GetProgramDependenciesResponse,
  type LanguageHandshakeRequest,
  type RunRequest,
} from "@pulumi/pulumi/proto/language_pb.js";
import pluginPb from "@pulumi/pulumi/proto/plugin_pb.js";
import emptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import { unary } from "./protocol/server.ts";

interface PackageFile {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/**
 * Language host for previews, updates and destroys of a Node program; other calls are unimplemented. It requires no packages: plugins are
 * loaded with their first resource.
 *
 * @param engineAddress of the engine, from the command line; a handshake overrides it.
 */
export function languageHost(engineAddress: string): UntypedServiceImplementation {
  let engine = engineAddress;
  return {
    handshake: unary((request: LanguageHandshakeRequest) => {
      engine = request.getEngineAddress() || engine;
      return new languagePb.LanguageHandshakeResponse();
    }),
    getPluginInfo: unary(() => new pluginPb.PluginInfo().setVersion("1.0.0")),
    getRequiredPlugins: unary(() => new languagePb.GetRequiredPluginsResponse()),
    getRequiredPackages: unary(() => new languagePb.GetRequiredPackagesResponse()),
    run: unary(async (request: RunRequest) => {
      const { error, bail } = await runProgram(request, engine);
      return new languagePb.RunResponse().setError(error).setBail(bail);
    }),
    about: unary(() =>
      new languagePb.AboutResponse().setExecutable(process.execPath).setVersion(process.versions.node),
    ),
    getProgramDependencies: unary(dependencies),
    cancel: unary(() => new emptyPb.Empty()),
  };
}

/** The packages that the program's package.json names, in the versions that are installed. */
async function dependencies(request: GetProgramDependenciesRequest): Promise<GetProgramDependenciesResponse> {
  const file = join(request.getInfo()?.getProgramDirectory() || request.getPwd(), "package.json");
  const resolve = createRequire(file);
  const names = Object.keys((await readPackage(file)).dependencies ?? {}).sort();
  const found = await Promise.all(
    names.map(async (name) => {
      const paths = resolve.resolve.paths(name) ?? [];
      const packages = await Promise.all(paths.map((path) => readPackage(join(path, name, "package.json"))));
      const version = packages.find((candidate) => candidate.version !== undefined)?.version;
      return new languagePb.DependencyInfo().setName(name).setVersion(version ?? "");
    }),
  );
  return new languagePb.GetProgramDependenciesResponse().setDependenciesList(found);
}

async function readPackage(file: string): Promise<PackageFile> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as PackageFile;
  } catch {
    return {};
  }
}

/** Exit code of @pulumi/pulumi/cmd/run for a failure that it has reported. */
const ALREADY_REPORTED = 32;

/** Result of a program's run; an empty error is success. */
export interface RunResult {
  readonly error: string;
  /** Whether the program has reported its error itself. */
  readonly bail: boolean;
}

/** Runs a Pulumi program with the `node` on PATH, as Pulumi's own host does; its output is this process's output. */
export async function runProgram(request: RunRequest, engine: string): Promise<RunResult> {
  const info = request.getInfo();
  const directory = info?.getProgramDirectory() || request.getPwd();
  const options = info?.getOptions()?.toJavaScript() ?? {};
  const { nodeargs } = options;
  const nodeArguments = (typeof nodeargs === "string" ? nodeargs : "").split(/\s+/).filter(Boolean);
  const script = runScript(directory);
  const child = spawn("node", [...nodeArguments, script, ...programArguments(request, engine)], {
    cwd: directory,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, ...programEnvironment(request, options["typescript"] !== false) },
  });
  return new Promise((resolve) => {
    child.on("error", (error) => {
      resolve({ error: `could not execute node: ${error.message}`, bail: false });
    });
    child.on("close", (code, signal) => {
      resolve(runResult(code, signal));
    });
  });
}

/** The flags and arguments of `@pulumi/pulumi/cmd/run`. */
export function programArguments(request: RunRequest, engine: string): string[] {
  const flags: Record<string, string> = {
    monitor: request.getMonitorAddress(),
    engine,
    organization: request.getOrganization(),
    project: request.getProject(),
    "root-directory": request.getInfo()?.getRootDirectory() ?? "",
    stack: request.getStack(),
    pwd: request.getPwd(),
    parallel: String(request.getParallel()),
  };
  const given = Object.entries(flags).filter(([, value]) => value !== "");
  return [
    ...given.flatMap(([name, value]) => [`--${name}`, value]),
    ...(request.getDryrun() ? ["--dry-run"] : []),
    request.getInfo()?.getEntryPoint() || request.getProgram(),
    ...request.getArgsList(),
  ];
}

/** The variables by which the SDK in the program finds its configuration. */
function programEnvironment(request: RunRequest, typescript: boolean): Record<string, string> {
  const config: Record<string, string> = {};
  for (const [key, value] of request.getConfigMap().toArray()) {
    // The SDK's keys are `namespace:config:name`; the engine's have no middle part.
    config[key.replace(/^([^:]*):(?:config:)?/, "$1:config:")] = value;
  }
  return {
    PULUMI_CONFIG: JSON.stringify(config),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
    ...(typescript ? { PULUMI_NODEJS_TYPESCRIPT: "true" } : {}),
  };
}

function runScript(directory: string): string {
  const override = process.env["PULUMI_LANGUAGE_NODEJS_RUN_PATH"];
  try {
    return createRequire(join(directory, "package.json")).resolve(override ?? "@pulumi/pulumi/cmd/run");
  } catch {
    throw new Error(`the package @pulumi/pulumi is not installed in ${directory}: run \`npm ci\` there`);
  }
}

function runResult(code: number | null, signal: NodeJS.Signals | null): RunResult {
  if (code === 0) return { error: "", bail: false };
  if (code === ALREADY_REPORTED) return { error: "", bail: true };
  const ending = code === null ? 128 + constants.signals[signal ?? "SIGKILL"] : code;
  return { error: `Program exited with non-zero exit code: ${ending}`, bail: false };
}
