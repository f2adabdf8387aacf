import { join } from "node:path";
import type { RunningLab } from "../lab.ts";
import { LabError } from "../labError.ts";
import { step, type Log } from "../progress.ts";
import type { Workload } from "../workloads/workload.ts";
import type { ApiServer } from "./apiServer.ts";
import { findProcess, memoryOf, type ProcessMark } from "./processMemory.ts";
import type { BenchProject } from "./project.ts";
import { istiodSettled } from "./requestCount.ts";
import type { ScopeRow, ScopeStep } from "./rows.ts";
import { settled } from "./settled.ts";
import type { Work } from "./work.ts";

/** What the scope's measurement needs. */
export interface ScopeOptions {
  readonly lab: RunningLab;
  /** The lab's cluster whose sidecar is looked at. */
  readonly cluster: string;
  /** A workload in it, with a sidecar. */
  readonly workload: Workload;
  readonly api: ApiServer;
  readonly project: BenchProject;
  /** What is imported; by whom it is seen is chosen here. */
  readonly work: Work;
  readonly log: Log;
  /** Told each row as soon as it is there. */
  readonly onRow: (row: ScopeRow) => void;
}

/**
 * Measures what imports cost a real sidecar that sees them, and one that does not. In the order in which memory grows, since no
 * process gives it back.
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
    configBytes: await settled("the sidecar's configuration", () => configSize(workload)),
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

/** Size of all that istiod told a workload's sidecar. */
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
