import { delimiter, join, resolve } from "node:path";
import type { LabCluster } from "./clusters.ts";
import { isRunning, readRecord, writeRecord, type ProcessIdentity } from "./process.ts";
import { compileCacheVariable } from "./tools/cache.ts";

/** The checkout: the Pulumi program's folder. */
export const CHECKOUT = join(import.meta.dirname, "..");

/** The lab's folder: `$LAB_DIR`, else `.lab` in the checkout. */
export const LAB_FOLDER = resolve(process.env["LAB_DIR"] || join(CHECKOUT, ".lab"));

/** Stacks of a single mesh: each decrypts the other's credential for its API server. */
const MESH_STACKS = /^(mesh)-/;

/** Passphrase of a lab's stack, no secret: its own, as each belongs to another team, but one for a single mesh. */
export function passphraseOf(stack: string): string {
  const [, mesh] = MESH_STACKS.exec(stack) ?? [];
  return mesh ?? stack;
}

/** Variables for a `pulumi` that works on one stack, with that stack's passphrase alone. */
export function stackEnvironment(
  environment: Readonly<Record<string, string>>,
  stack: string,
): Record<string, string> {
  return { ...environment, PULUMI_CONFIG_PASSPHRASE: passphraseOf(stack) };
}

/** Paths within a lab's folder. */
export type LabPaths = ReturnType<typeof labPaths>;

/** @param dir the lab's folder, absolute. */
export function labPaths(dir: string) {
  return {
    dir,
    /** A context for each cluster, with the cluster's name. */
    kubeconfig: join(dir, "kubeconfig"),
    /** The same contexts with the rights that joining an Istio needs, where owners have installed one. */
    guestKubeconfig: join(dir, "guest-kubeconfig"),
    /** Istio's charts, a link into the tools' cache. */
    charts: join(dir, "charts"),
    /** Tools and plugins, as links and launchers. */
    bin: join(dir, "bin"),
    logs: join(dir, "logs"),
    pulumiHome: join(dir, "pulumi-home"),
    /** Pulumi's file backend. */
    state: join(dir, "state"),
    /** The lab's Pulumi project: this program, with stack files of the lab's own. */
    project: join(dir, "Pulumi.yaml"),
    /** Stack files, `Pulumi.<stack>.yaml`. */
    stacks: join(dir, "stacks"),
    /** Record of the running programs. */
    processes: join(dir, "processes.json"),
    /** Session of the lab, for other shells. */
    session: join(dir, "session.json"),
  } as const;
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
    // The SDK takes a stack trace for each promise. One thread of V8's beside each short-lived program's own does the work of four with
    // a twentieth less CPU.
    NODE_OPTIONS: "--stack-trace-limit=3 --v8-pool-size=1",
    // The CLI and Helm are short-lived programs in Go: they need not collect garbage.
    GOGC: "400",
    // `pulumi` works on the lab's project, whatever the current folder is.
    PULUMI_OPTION_CWD: paths.dir,
    PULUMI_HOME: paths.pulumiHome,
    PULUMI_BACKEND_URL: `file://${paths.state}`,
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

/** Writes the session of a lab. */
export function writeSession(dir: string, session: Session): void {
  writeRecord(labPaths(dir).session, session);
}

/** The session of the lab in a folder; undefined when its holder does not run (any more). */
export function readSession(dir: string): Session | undefined {
  const session = readRecord(labPaths(dir).session) as Session | undefined;
  return session !== undefined && isRunning(session.holder) ? session : undefined;
}
