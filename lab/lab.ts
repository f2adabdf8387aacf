import { existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../federation/core/text.ts";
import { heldRange } from "./addressRange.ts";
import { startControlPlane } from "./cluster/controlPlane.ts";
import { writeKubeconfig } from "./cluster/kubeconfig.ts";
import type { LabCluster } from "./clusters.ts";
import {
  LAB_FOLDER,
  labEnvironment,
  labPaths,
  readSession,
  stackEnvironment,
  writeSession,
} from "./environment.ts";
import { Kubelet } from "./kubelet/kubelet.ts";
import { pluginMode, preparePlugins, type PluginMode, type PreparedPlugin } from "./plugins/pluginPath.ts";
import { endRecorded, identify, ProcessTable } from "./process.ts";
import { LabError, step, type Log } from "./progress.ts";
import { FEDERATION, type Scenario } from "./scenarios.ts";
import { writeProject } from "./stackFile.ts";
import { cacheRoot, compileCacheFolder } from "./tools/cache.ts";
import { prepareTools, type Tools } from "./tools/tools.ts";

/** Clusters to start, and where. */
export interface LabOptions {
  /** The lab's folder, absolute; whatever an earlier lab left there is removed. */
  readonly dir: string;
  readonly log: Log;
  readonly plugins: PluginMode;
  /** Further work before other shells may use the lab; when it fails, the lab ends. */
  readonly prepare?: (lab: Lab) => Promise<void>;
  /** Clusters and stacks. Default: a federation of two. */
  readonly scenario?: Scenario;
}

/** Running clusters, as any shell can use them. */
export interface RunningLab {
  readonly dir: string;
  readonly clusters: readonly LabCluster[];
  /** A context for each cluster, named as it is. */
  readonly kubeconfig: string;
  /** Variables for programs that use the lab; the passphrase is that of the first stack. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Running clusters held by this process, with the tools for them. */
export interface Lab extends RunningLab {
  readonly tools: Tools;
  readonly plugins: readonly PreparedPlugin[];
  /** Ends all programs; the folder stays, for its logs. */
  stop(): Promise<void>;
}

/**
 * Starts the lab on the range of addresses that this process holds: tools, plugins, control planes, and what runs their Pods.
 *
 * @throws LabError when a lab runs in the folder, or something does not start; then nothing is left running.
 */
export async function startLab({
  dir,
  log,
  plugins: mode,
  prepare,
  scenario = FEDERATION,
}: LabOptions): Promise<Lab> {
  const range = heldRange();
  const { clusters, changeStackFile, updates } = scenario;
  const running = readSession(dir);
  if (running !== undefined)
    throw new LabError(
      `a lab is running already in ${dir} (process ${running.holder.pid}). ` +
        "End it with `npm run lab -- down`, or set LAB_DIR to another folder for a second one",
    );
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (const undo of stops.splice(0).toReversed()) await undo();
  };
  try {
    await clearFolder(dir, log);
    const paths = labPaths(dir);
    const holder = identify(process.pid);
    if (holder === undefined)
      throw new LabError("/proc does not list this process; the lab needs it mounted");
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    writeSession(dir, { holder, range, clusters });
    for (const folder of [paths.bin, paths.logs, paths.state, paths.stacks]) mkdirSync(folder);
    const tools = await prepareTools(log);
    for (const [name, file] of Object.entries(tools.programs)) symlinkSync(file, join(paths.bin, name));
    symlinkSync(tools.charts, paths.charts);
    await writeProject({ dir, clusters }, changeStackFile);
    sharePluginCache(paths.pulumiHome);
    const plugins = await preparePlugins({
      mode,
      pulumi: tools.programs.pulumi,
      pulumiHome: paths.pulumiHome,
      binDir: paths.bin,
      log,
    });
    const processes = new ProcessTable(paths.processes);
    stops.push(() => processes.stopAll());
    await startClusters(dir, clusters, { tools, processes, log }, stops);
    const standIns = plugins.some(({ kind }) => kind === "stand-in");
    const environment = stackEnvironment(
      labEnvironment(paths, standIns, process.env["PATH"] ?? "", compileCacheFolder()),
      updates[0] ?? "",
    );
    const lab = { dir, clusters, tools, plugins, kubeconfig: paths.kubeconfig, environment, stop };
    await prepare?.(lab);
    writeSession(dir, { holder, range, clusters, environment });
    return lab;
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Keeps the plugins that Pulumi downloads beyond this lab. */
function sharePluginCache(pulumiHome: string): void {
  const cache = join(cacheRoot(), "pulumi-plugins");
  mkdirSync(cache, { recursive: true });
  mkdirSync(pulumiHome);
  symlinkSync(cache, join(pulumiHome, "plugins"));
}

/** Ends the programs of a killed lab and removes its folder. */
export async function clearFolder(dir: string, log: Log): Promise<void> {
  const paths = labPaths(dir);
  const ended = await endRecorded(paths.processes);
  if (ended.length > 0) log(`ended what was still running: ${ended.join(", ")}`);
  if (existsSync(dir) && !existsSync(paths.session))
    throw new LabError(`${dir} was not made by the lab: move it away`);
  rmSync(dir, { recursive: true, force: true });
}

async function startClusters(
  dir: string,
  clusters: readonly LabCluster[],
  { tools, processes, log }: { tools: Tools; processes: ProcessTable; log: Log },
  stops: (() => Promise<unknown>)[],
): Promise<void> {
  const { kubeconfig, logs } = labPaths(dir);
  const controlPlanes = await step(log, `starting the control planes of ${clusters.length} clusters`, () =>
    Promise.all(
      clusters.map(async ({ name, network, serviceRange, domain }) => {
        const options = { name, address: `${network}.0.1`, domain, serviceRange, dir: join(dir, name), logs };
        return startControlPlane({ ...options, tools, processes, log });
      }),
    ),
  );
  writeKubeconfig(
    kubeconfig,
    controlPlanes.map((controlPlane) => controlPlane.kubeconfig),
  );
  stops.push(() => Promise.all(controlPlanes.map((controlPlane) => controlPlane.stop())));
  const kubeletTools = {
    pilotDiscovery: tools.programs["pilot-discovery"],
    pilotAgent: tools.programs["pilot-agent"],
    envoy: tools.programs.envoy,
    bootstrapTemplate: tools.envoyBootstrap,
    node: process.execPath,
    app: join(import.meta.dirname, "workloads/appServer.ts"),
  };
  const kubelets = clusters.map(
    ({ name, network, locality }: LabCluster) =>
      new Kubelet({
        ...{ name, network, locality, kubeconfig, tools: kubeletTools, processes, log },
        ...{ dir: join(dir, name), logs: join(logs, name) },
      }),
  );
  stops.push(() => Promise.all(kubelets.map((kubelet) => kubelet.stop())));
  await Promise.all(kubelets.map((kubelet) => kubelet.start()));
}

/**
 * Starts a lab for some work, and ends and removes it afterwards.
 *
 * @throws LabError when the work fails, with the reason and the place of the logs; the lab's folder then stays.
 */
export async function withLab<T>(log: Log, work: (lab: Lab) => Promise<T>, scenario?: Scenario): Promise<T> {
  const plugins = pluginMode(process.env["LAB_PLUGINS"]);
  const lab = await startLab({ dir: LAB_FOLDER, log, plugins, ...(scenario && { scenario }) });
  let result: T;
  try {
    result = await work(lab);
  } catch (error) {
    await step(log, "ending the clusters", () => lab.stop());
    const reason = messageOf(error);
    throw new LabError(`${reason}\nThe logs are in ${labPaths(lab.dir).logs}`, { cause: error });
  }
  await step(log, "ending the clusters and removing everything", () => lab.stop());
  rmSync(lab.dir, { recursive: true });
  return result;
}
