import { delimiter, join } from "node:path";

/** The checkout: the Pulumi program's folder. */
export const CHECKOUT = join(import.meta.dirname, "..");

/** Where the lab lives unless said otherwise; not under version control. */
export const LAB_FOLDER = join(CHECKOUT, ".lab");

/**
 * Passphrase of the lab's stacks. It is no secret: the stack files carry an `encryptionsalt` made with it, so that
 * Pulumi does not write one into them.
 */
const PASSPHRASE = "lab";

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
  /** Stack files that a scenario changes, as it has them. */
  readonly stacks: string;
  /** Record of the running programs. */
  readonly processes: string;
  /** What a second shell must know of the lab. */
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
 */
export function labEnvironment(paths: LabPaths, standIns: boolean, path: string): Record<string, string> {
  return {
    PATH: [paths.bin, join(CHECKOUT, "node_modules/.bin"), path].join(delimiter),
    KUBECONFIG: paths.kubeconfig,
    PULUMI_HOME: paths.pulumiHome,
    PULUMI_BACKEND_URL: `file://${paths.state}`,
    PULUMI_CONFIG_PASSPHRASE: PASSPHRASE,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    ...(standIns ? { PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true" } : {}),
  };
}
