import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import emptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import languagePb from "@pulumi/pulumi/proto/language_pb.js";
import type {
  GetProgramDependenciesRequest,
  GetProgramDependenciesResponse,
  LanguageHandshakeRequest,
  RunRequest,
} from "@pulumi/pulumi/proto/language_pb.js";
import pluginPb from "@pulumi/pulumi/proto/plugin_pb.js";
import { unary } from "../protocol/server.ts";
import { runProgram } from "./runProgram.ts";

interface PackageFile {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/**
 * What the engine needs of a language host to preview, update and destroy a Node program; every other call is
 * answered "unimplemented". Packages are never named as required: each plugin is found when its first resource comes.
 * @param engineAddress where the engine listens, by the command line; a handshake overrides it.
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
