import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import type { RunningLab } from "../lab.ts";
import { LabError, step } from "../progress.ts";
import type { Workload } from "../workloads/workload.ts";
import { QUIET_SECONDS, istiodSettled, settled } from "./apiServer.ts";
import type { BenchProject } from "./project.ts";
import type { ScopeRow, ScopeStep } from "./rows.ts";
import type { Measurement } from "./work.ts";

/** Work that nobody sees, and the workload whose sidecar is measured. */
interface ScopeOptions extends Measurement<ScopeRow> {
  readonly lab: RunningLab;
  /** The workload's cluster. */
  readonly cluster: string;
  readonly workload: Workload;
  readonly project: BenchProject;
}

/**
 * Measures the cost of imports for a real sidecar that sees them, and for one that does not. In the order in which memory grows, since no
 * process returns it.
 */
export async function measureScope(options: ScopeOptions): Promise<void> {
  const { workload, project, work, log, onRow } = options;
  const seen = { ...work, exportTo: [workload.namespace] };
  onRow(await look(options, "scope-none", 0));
  await step(log, `${work.services} services that the sidecar does not see`, () => project.run(work, "up"));
  onRow(await look(options, "scope-unseen", work.services));
  await step(log, `${work.services} services that the sidecar sees`, () => project.run(seen, "up"));
  onRow(await look(options, "scope-seen", work.services));
  await step(log, "destroying them", () => project.run(seen, "destroy"));
}

async function look(options: ScopeOptions, name: ScopeStep, services: number): Promise<ScopeRow> {
  const { lab, cluster, workload, api } = options;
  await istiodSettled(api);
  const pods = join(lab.dir, cluster, "pods");
  return {
    services,
    step: name,
    configBytes: await settled("the sidecar's configuration", () => configSize(workload), QUIET_SECONDS),
    sidecarRssBytes: residentMemory({
      folder: (folder) => folder.startsWith(join(pods, `${workload.namespace}_${workload.name}-`)),
      argument: (argument) => argument.endsWith("/envoy"),
    }),
    istiodRssBytes: residentMemory({
      folder: (folder) => folder.startsWith(join(pods, "istio-system_istiod-")),
      argument: (argument) => argument.endsWith("/pilot-discovery"),
    }),
  };
}

/** Size of a sidecar's configuration. */
async function configSize({ address }: Workload): Promise<number> {
  const answer = await fetch(`http://${address}:15000/config_dump?include_eds`);
  return (await answer.arrayBuffer()).byteLength;
}

function residentMemory(mark: ProcessMark): number {
  const pid = findProcess(mark);
  const size = pid === undefined ? undefined : memoryOf(pid, "VmRSS");
  if (size === undefined) throw new LabError("the sidecar or istiod of the benchmark does not run");
  return size;
}

const SAMPLE_MILLISECONDS = 100;

/** Marks of a process. */
export interface ProcessMark {
  /** Whether this is its working directory. */
  readonly folder: (folder: string) => boolean;
  /** Whether this is an argument of its command line, its name included. */
  readonly argument: (argument: string) => boolean;
}

/**
 * Watches the peak memory of processes that start and end meanwhile. The kernel keeps each one's peak, so that little is missed between
 * samples.
 *
 * @returns ends the watch, and returns the largest resident memory in bytes; undefined when there was no process.
 */
export function watchPeakMemory(mark: ProcessMark): () => number | undefined {
  let peak: number | undefined;
  let known: number | undefined;
  const timer = setInterval(() => {
    known = known !== undefined && memoryOf(known, "VmHWM") !== undefined ? known : findProcess(mark);
    const size = known === undefined ? undefined : memoryOf(known, "VmHWM");
    if (size !== undefined) peak = Math.max(peak ?? 0, size);
  }, SAMPLE_MILLISECONDS);
  return () => {
    clearInterval(timer);
    return peak;
  };
}

/**
 * A figure of `/proc/<pid>/status` in bytes: `VmRSS` is what is resident, `VmHWM` the most that ever was.
 *
 * @returns undefined when the process is gone.
 */
export function memoryOf(pid: number, field: "VmRSS" | "VmHWM"): number | undefined {
  const status = read(() => readFileSync(`/proc/${pid}/status`, "utf8"));
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status ?? "")?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

/** @returns undefined when no such process runs. */
export function findProcess({ folder, argument }: ProcessMark): number | undefined {
  const pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
  return pids.find((pid) => {
    const command = read(() => readFileSync(`/proc/${pid}/cmdline`, "utf8")) ?? "";
    return command.split("\0").some(argument) && folder(read(() => readlinkSync(`/proc/${pid}/cwd`)) ?? "");
  });
}

/** Undefined for processes that end meanwhile, and for other users' processes. */
function read(get: () => string): string | undefined {
  try {
    return get();
  } catch {
    return undefined;
  }
}
