import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import type { LabCluster } from "./clusters.ts";
import { isRunning, type ProcessIdentity } from "./process.ts";
import { compileCacheVariable } from "./tools/cache.ts";

/** The checkout: the Pulumi program's folder. */
export const CHECKOUT = join(import.meta.dirname, "..");

/** The lab's folder: `$LAB_DIR`, else `.lab` in the checkout. */
export const LAB_FOLDER = resolve(process.env["LAB_DIR"] || join(CHECKOUT, ".lab"));

/** Passphrase of the lab's stacks; no secret. */
const PASSPHRASE = "lab";

/** Salt for that passphrase, so that Pulumi writes none of its own into the lab's stack files. */
export const ENCRYPTION_SALT = "v1:qy/uAjQSoas=:v1:/9IG6m+LYJQvoR7p:wX3AJgJMgJfHI8dZhxuBQKNQCaDtag==";

/** Places within a lab's folder. */
export interface LabPaths {
  readonly dir: string;
  /** A context for each cluster, named as it is. */
  readonly kubeconfig: string;
  /** Istio's charts, a link into the tools' cache. */
  readonly charts: string;
  /** The chosen tools and plugins, as links and launchers. */
  readonly bin: string;
  readonly logs: string;
  readonly pulumiHome: string;
  /** Pulumi's file backend. */
  readonly state: string;
  /** The lab's Pulumi project: this program, with stack files of the lab's own. */
  readonly project: string;
  /** Stack files, `Pulumi.<stack>.yaml`. */
  readonly stacks: string;
  /** Record of the running programs. */
  readonly processes: string;
  /** Session of the lab, for other shells. */
  readonly session: string;
}

/** @param dir the lab's folder, absolute. */
export function labPaths(dir: string): LabPaths {
  return {
    dir,
    kubeconfig: join(dir, "kubeconfig"),
    charts: join(dir, "charts"),
    bin: join(dir, "bin"),
    logs: join(dir, "logs"),
    pulumiHome: join(dir, "pulumi-home"),
    state: join(dir, "state"),
    project: join(dir, "Pulumi.yaml"),
    stacks: join(dir, "stacks"),
    processes: join(dir, "processes.json"),
    session: join(dir, "session.json"),
  };
}

/**
 * Variables with which `pulumi`, `kubectl` and `helm` work on the lab and nothing else.
 *
 * @param standIns whether any plugin is a stand-in: then Pulumi must not look for others on the network.
 * @param path PATH to put the lab's own folders in front of.
 * @param compileCache folder of Node's compile cache; undefined: no variable names one.
 */
export function labEnvironment(
  paths: LabPaths,
  standIns: boolean,
  path: string,
  compileCache: string | undefined,
): Record<string, string> {
  return {
    PATH: [paths.bin, join(CHECKOUT, "node_modules/.bin"), path].join(delimiter),
    KUBECONFIG: paths.kubeconfig,
    ...compileCacheVariable(compileCache),
    // `pulumi` works on the lab's project, whatever the current folder is.
    PULUMI_OPTION_CWD: paths.dir,
    PULUMI_HOME: paths.pulumiHome,
    PULUMI_BACKEND_URL: `file://${paths.state}`,
    PULUMI_CONFIG_PASSPHRASE: PASSPHRASE,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    ...(standIns ? { PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true" } : {}),
  };
}

/** Record of a lab, by which other shells use it and end it. */
export interface Session {
  /** The process that holds the lab. */
  readonly holder: ProcessIdentity;
  /** Range of loopback addresses: `LAB_RANGE` for other processes. */
  readonly range: number;
  readonly clusters: readonly LabCluster[];
  /** Variables for programs that work on the lab; absent until the lab is ready. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Writes the session of a lab atomically. */
export function writeSession(dir: string, session: Session): void {
  const file = labPaths(dir).session;
  writeFileSync(`${file}.new`, `${JSON.stringify(session, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** The session of the lab in a folder; undefined when its holder does not run (any more). */
export function readSession(dir: string): Session | undefined {
  let session: Session;
  try {
    session = JSON.parse(readFileSync(labPaths(dir).session, "utf8")) as Session;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  return isRunning(session.holder) ? session : undefined;
}
