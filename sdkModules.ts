// Modules of Pulumi's SDK that the program never uses are loaded by need: a fifth less CPU for every preview. Loaded before the program
// (`nodeargs` in Pulumi.yaml). An SDK without such a module starts as it did.
import Module, { createRequire } from "node:module";
import { join } from "node:path";

/** Loads a module of the SDK or of a package of the SDK's. */
const load = createRequire(import.meta.url);

/** A function of the SDK. */
type SdkFunction = (...args: unknown[]) => unknown;

/**
 * The SDK's modules that serialize functions, with what they export to others of the SDK. They bring along the compiler of TypeScript and
 * npm's library of package trees; resources here have no functions to serialize (providers/dynamicResource.ts).
 */
const SERIALIZERS = {
  serializeClosure: ["serializeFunction", "serializeFunctionAsync"],
  codePaths: ["computeCodePaths", "findWorkspaceRoot", "packageArchivePath"],
} as const;

/** Listens to V8's debugger, which then reports each script that is loaded; awaited by the SDK before the program. */
const DEBUGGER_HOOKS = "v8Hooks";

/** Reads source maps for each stack trace. TypeScript that Node runs has none, as its positions stay. */
const SOURCE_MAPS = "source-map-support/register";

/** Path of a module that is not loaded yet; undefined where there is none. */
function pathOf(name: string): string | undefined {
  try {
    const path = load.resolve(name);
    return path in load.cache ? undefined : path;
  } catch {
    return undefined;
  }
}

/** Has the SDK get these exports instead of the module. */
function put(path: string, exports: object): void {
  const module = new Module(path);
  Object.assign(module, { filename: path, loaded: true, exports });
  load.cache[path] = module;
}

function replaceModules(): void {
  const closures = (name: string) => pathOf(join("@pulumi/pulumi/runtime/closure", `${name}.js`));
  const hooks = closures(DEBUGGER_HOOKS);
  const serializers = Object.entries(SERIALIZERS).map(([name, functions]) => ({
    path: closures(name),
    functions,
  }));
  const sourceMaps = pathOf(SOURCE_MAPS);
  const restore = () => {
    for (const path of [hooks, ...serializers.map((each) => each.path)])
      if (path !== undefined) Reflect.deleteProperty(load.cache, path);
  };
  for (const { path, functions } of serializers) {
    if (path === undefined) continue;
    let loaded: Record<string, SdkFunction> | undefined;
    const lazy = (name: string): SdkFunction => {
      return (...args) => {
        if (loaded === undefined) {
          restore();
          loaded = load(path) as Record<string, SdkFunction>;
        }
        return loaded[name]?.(...args);
      };
    };
    put(path, Object.fromEntries(functions.map((name) => [name, lazy(name)])));
  }
  if (hooks !== undefined) put(hooks, { isInitializedAsync: () => Promise.resolve() });
  if (sourceMaps !== undefined) put(sourceMaps, {});
}

replaceModules();
