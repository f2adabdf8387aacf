import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { parse, parseAllDocuments } from "yaml";
import type { ClusterApi } from "./clusterApi.ts";
import { kubeconfigFile, type Settings } from "./connection.ts";

/** Inputs of a release that the stand-in covers, without secret marks and all known. */
export interface ReleaseSpec {
  readonly name: string;
  readonly namespace: string;
  readonly chart: string;
  readonly version?: string;
  readonly repositoryOpts?: { readonly repo?: string };
  readonly values?: Readonly<Record<string, unknown>>;
  /** Seconds. */
  readonly timeout?: number;
  readonly atomic?: boolean;
  readonly skipAwait?: boolean;
}

/** A release as Helm has recorded it. */
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

/** Helm's record of a revision: a Secret of this type, whose data are this object in gzip and base64. */
interface HelmRecord {
  readonly version: number;
  readonly info: { readonly status: string };
  readonly chart: {
    readonly metadata: { readonly name: string; readonly version: string; readonly appVersion?: string };
  };
  readonly config?: LiveRelease["values"];
  readonly manifest: string;
}

const run = promisify(execFile);

/** The helm program (`LAB_HELM`, else from PATH) for one cluster; Helm's records are read without it, which costs less CPU. */
export class Helm {
  readonly #program: string;
  readonly #api: ClusterApi;
  readonly #connection: readonly string[];

  constructor(settings: Settings, api: ClusterApi, program = process.env["LAB_HELM"] || "helm") {
    this.#api = api;
    const file = kubeconfigFile(settings);
    this.#program = program;
    this.#connection = [
      ...(file === undefined ? [] : ["--kubeconfig", file]),
      ...(settings.context === undefined ? [] : ["--kube-context", settings.context]),
    ];
  }

  /** The exact version of a release's chart. @throws Error when there is no such chart. */
  async chartVersion(spec: ReleaseSpec): Promise<string> {
    const local = await readFile(join(spec.chart, "Chart.yaml"), "utf8").catch(() => undefined);
    const chart = local ?? (await this.#run(["show", "chart", ...chartArguments(spec)]));
    return (parse(chart) as { version?: string }).version ?? "";
  }

  /** Installs a release; a name that is in use is an error. */
  async install(spec: ReleaseSpec): Promise<void> {
    await this.#deploy("install", spec);
  }

  /** Upgrades a release that exists. */
  async upgrade(spec: ReleaseSpec): Promise<void> {
    await this.#deploy("upgrade", spec, "--history-max", "0");
  }

  /** Uninstalls a release, and waits for its objects to go unless the release is not awaited. */
  async uninstall(spec: ReleaseSpec): Promise<void> {
    const wait = spec.atomic === true || spec.skipAwait !== true;
    const flags = wait ? ["--wait", "--timeout", seconds(spec)] : [];
    await this.#run(["uninstall", spec.name, "--namespace", spec.namespace, ...flags]);
  }

  /** Reads the newest revision of a release from Helm's record; undefined if there is none of that name. */
  async read(name: string, namespace: string): Promise<LiveRelease | undefined> {
    const path = `/api/v1/namespaces/${namespace}/secrets`;
    const { items } = (await this.#api.request("GET", path, {
      query: { labelSelector: `owner=helm,name=${name}` },
      accept: "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
    })) as unknown as { items: { metadata: { name: string; labels: { version: string } } }[] | null };
    const [newest] = (items ?? [])
      .map(({ metadata }) => metadata)
      .sort((one, other) => Number(other.labels.version) - Number(one.labels.version));
    if (newest === undefined) return undefined;
    const secret = await this.#api.request("GET", `${path}/${newest.name}`);
    const { release } = secret["data"] as { release: string };
    const packed = Buffer.from(Buffer.from(release, "base64").toString(), "base64");
    const record = JSON.parse(gunzipSync(packed).toString()) as HelmRecord;
    const { name: chart, version, appVersion } = record.chart.metadata;
    const { status } = record.info;
    return {
      status: {
        ...(appVersion ? { appVersion } : {}),
        ...{ chart, name, namespace, revision: record.version, status, version },
      },
      values: record.config ?? {},
      resourceNames: resourceNames(record.manifest),
    };
  }

  async #deploy(verb: string, spec: ReleaseSpec, ...more: string[]): Promise<void> {
    // Values may hold secrets: neither on the command line nor in a file that others read, and only for this long.
    const folder = await mkdtemp(join(tmpdir(), "helm-values-"));
    try {
      const values = join(folder, "values.json");
      await writeFile(values, JSON.stringify(spec.values ?? {}), { mode: 0o600 });
      await this.#run([
        ...[verb, spec.name, ...chartArguments(spec), "--namespace", spec.namespace],
        ...["--values", values, "--timeout", seconds(spec)],
        ...(spec.atomic === true ? ["--atomic"] : []),
        ...(spec.skipAwait === true ? [] : ["--wait"]),
        ...more,
      ]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #run(words: string[]): Promise<string> {
    try {
      return (await run(this.#program, [...words, ...this.#connection])).stdout;
    } catch (error) {
      const { code, stderr } = error as { code?: string | number; stderr: string };
      const reason = code === "ENOENT" ? "the program is not there; set LAB_HELM" : stderr.trim();
      throw new Error(`helm ${words[0]}: ${reason.replace(/^(?:WARNING.*\n)*Error: /, "")}`, {
        cause: error,
      });
    }
  }
}

function seconds({ timeout }: ReleaseSpec): string {
  return `${timeout || DEFAULT_TIMEOUT_SECONDS}s`;
}

function chartArguments({ chart, repositoryOpts = {}, version }: ReleaseSpec): string[] {
  const { repo = "" } = repositoryOpts;
  const versioned = version ? ["--version", version] : [];
  if (chart.startsWith("oci://") || repo === "") return [chart, ...versioned];
  if (URL.canParse(repo)) return [chart, "--repo", repo, ...versioned];
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
