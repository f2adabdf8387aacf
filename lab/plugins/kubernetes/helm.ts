import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { parse, parseAllDocuments } from "yaml";
import { kubeconfigFile } from "./connection.ts";
import type { Settings } from "./connection.ts";

/** Inputs of a release, without secret marks and all known: the provider's schema, as far as Helm has a flag for it. */
export interface ReleaseSpec {
  readonly name: string;
  readonly namespace: string;
  readonly chart: string;
  readonly version?: string;
  readonly repositoryOpts?: {
    readonly repo?: string;
    readonly username?: string;
    readonly password?: string;
  };
  readonly values?: Readonly<Record<string, unknown>>;
  /** Seconds. */
  readonly timeout?: number;
  readonly atomic?: boolean;
  readonly cleanupOnFail?: boolean;
  readonly createNamespace?: boolean;
  readonly dependencyUpdate?: boolean;
  readonly description?: string;
  readonly devel?: boolean;
  readonly disableCRDHooks?: boolean;
  readonly disableOpenapiValidation?: boolean;
  readonly disableWebhooks?: boolean;
  readonly forceUpdate?: boolean;
  readonly maxHistory?: number;
  readonly renderSubchartNotes?: boolean;
  readonly replace?: boolean;
  readonly resetValues?: boolean;
  readonly reuseValues?: boolean;
  readonly skipAwait?: boolean;
  readonly skipCrds?: boolean;
  readonly waitForJobs?: boolean;
}

/** A release as Helm knows it. */
export interface LiveRelease {
  readonly status: {
    readonly appVersion?: string;
    readonly chart: string;
    readonly name: string;
    readonly namespace: string;
    readonly revision: number;
    readonly status: string;
    readonly version: string;
  };
  /** The values that the release was given. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Names of the objects by `<kind>[.<group>]/<apiVersion>`. */
  readonly resourceNames: Readonly<Record<string, readonly string[]>>;
}

export const DEFAULT_TIMEOUT_SECONDS = 300;

/** The helm program (`LAB_HELM`, else from PATH), pointed at one cluster. */
export class Helm {
  readonly #program: string;
  readonly #connection: readonly string[];

  constructor(settings: Settings, program = process.env["LAB_HELM"] || "helm") {
    const file = kubeconfigFile(settings);
    this.#program = program;
    this.#connection = [
      ...(file === undefined ? [] : ["--kubeconfig", file]),
      ...(settings.context === undefined ? [] : ["--kube-context", settings.context]),
    ];
  }

  /** The exact version of the chart that a release asks for; throws if the chart cannot be had. */
  async chartVersion(spec: ReleaseSpec): Promise<string> {
    const metadata = parse(await this.#run(["show", "chart", ...chartArguments(spec)])) as {
      version?: string;
    };
    return metadata.version ?? "";
  }

  /** Installs a release; a name that is in use is an error. */
  async install(spec: ReleaseSpec): Promise<void> {
    const flags = {
      "--create-namespace": spec.createNamespace,
      "--no-hooks": spec.disableWebhooks,
      "--replace": spec.replace,
      "--skip-crds": spec.skipCrds,
    };
    await this.#deploy("install", spec, flags);
  }

  /** Upgrades a release that exists. */
  async upgrade(spec: ReleaseSpec): Promise<void> {
    const flags = {
      "--cleanup-on-fail": spec.cleanupOnFail,
      "--force": spec.forceUpdate,
      "--no-hooks": spec.disableCRDHooks,
      "--reset-values": spec.resetValues,
      "--reuse-values": spec.reuseValues,
    };
    await this.#deploy("upgrade", spec, flags, ["--history-max", String(spec.maxHistory ?? 0)]);
  }

  /** Uninstalls a release, and waits for its objects to go unless the release is not awaited. */
  async uninstall(spec: ReleaseSpec): Promise<void> {
    const wait = spec.atomic === true || spec.skipAwait !== true;
    const flags = wait ? ["--wait", "--timeout", seconds(spec)] : [];
    await this.#run(["uninstall", spec.name, "--namespace", spec.namespace, ...flags]);
  }

  /** Reads a release; undefined if there is none of that name. */
  async read(name: string, namespace: string): Promise<LiveRelease | undefined> {
    const get = (what: string, ...flags: string[]) =>
      this.#run(["get", what, name, "--namespace", namespace, ...flags]);
    let metadata;
    try {
      metadata = JSON.parse(await get("metadata", "--output", "json")) as LiveRelease["status"];
    } catch (error) {
      if (error instanceof Error && error.message.includes("release: not found")) {
        return undefined;
      }
      throw error;
    }
    const values = JSON.parse(await get("values", "--output", "json")) as LiveRelease["values"] | null;
    const { appVersion, chart, revision, status, version } = metadata;
    return {
      status: { ...(appVersion ? { appVersion } : {}), chart, name, namespace, revision, status, version },
      values: values ?? {},
      resourceNames: resourceNames(await get("manifest")),
    };
  }

  async #deploy(
    verb: string,
    spec: ReleaseSpec,
    flags: Record<string, boolean | undefined>,
    more: string[] = [],
  ) {
    // Values may hold secrets: neither on the command line nor in a file that others read, and only for this long.
    const folder = await mkdtemp(join(tmpdir(), "helm-values-"));
    try {
      const values = join(folder, "values.json");
      await writeFile(values, JSON.stringify(spec.values ?? {}), { mode: 0o600 });
      const switches = {
        ...flags,
        "--atomic": spec.atomic,
        "--dependency-update": spec.dependencyUpdate,
        "--disable-openapi-validation": spec.disableOpenapiValidation,
        "--render-subchart-notes": spec.renderSubchartNotes,
        "--wait": spec.skipAwait !== true,
        "--wait-for-jobs": spec.skipAwait !== true && spec.waitForJobs,
      };
      const given = Object.entries(switches).filter(([, on]) => on === true);
      await this.#run([
        verb,
        spec.name,
        ...chartArguments(spec),
        ...["--namespace", spec.namespace, "--values", values, "--timeout", seconds(spec)],
        ...(spec.description ? ["--description", spec.description] : []),
        ...given.map(([flag]) => flag),
        ...more,
      ]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #run(words: string[]): Promise<string> {
    const result = await execa(this.#program, [...words, ...this.#connection], {
      reject: false,
      stdin: "ignore",
    });
    if (result.failed) {
      const reason =
        result.code === "ENOENT" ? "the program is not there; set LAB_HELM" : result.stderr.trim();
      throw new Error(`helm ${words[0]}: ${reason.replace(/^(?:WARNING.*\n)*Error: /, "")}`);
    }
    return result.stdout;
  }
}

function seconds({ timeout }: ReleaseSpec): string {
  return `${timeout || DEFAULT_TIMEOUT_SECONDS}s`;
}

function chartArguments({ chart, repositoryOpts = {}, version, devel }: ReleaseSpec): string[] {
  const { repo = "", username, password } = repositoryOpts;
  if (username !== undefined || password !== undefined) {
    throw new Error(
      "the lab's stand-in of the kubernetes provider does not cover repositories with a password",
    );
  }
  const versioned = version ? ["--version", version] : devel === true ? ["--devel"] : [];
  if (chart.startsWith("oci://") || repo === "") {
    return [chart, ...versioned];
  }
  if (URL.canParse(repo)) {
    return [chart, "--repo", repo, ...versioned];
  }
  return [chart.includes("/") ? chart : `${repo}/${chart}`, ...versioned];
}

function resourceNames(manifest: string): Record<string, string[]> {
  const names: Record<string, string[]> = {};
  for (const document of parseAllDocuments(manifest)) {
    const object = document.toJS() as {
      apiVersion: string;
      kind: string;
      metadata: { name: string; namespace?: string };
    } | null;
    if (object?.kind !== undefined) {
      const { apiVersion, kind, metadata } = object;
      const group = apiVersion.includes("/") ? `.${apiVersion.split("/")[0]}` : "";
      const name = metadata.namespace ? `${metadata.namespace}/${metadata.name}` : metadata.name;
      const key = `${kind}${group}/${apiVersion}`;
      names[key] = [...new Set([...(names[key] ?? []), name])].sort();
    }
  }
  return names;
}
