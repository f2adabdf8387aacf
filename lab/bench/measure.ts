import { CLUSTERS } from "../clusters.ts";
import type { RunningLab } from "../lab.ts";
import { step, type Log } from "../progress.ts";
import { waitFor } from "../ready.ts";
import { workloadsOf } from "../workloads/workload.ts";
import { ApiServer, istiodSettled } from "./apiServer.ts";
import { bestConcurrency, measureFloor, MOST_CONNECTIONS } from "./floor.ts";
import { FEW_SERVICES } from "./goals.ts";
import { measureScope } from "./memory.ts";
import { BenchProject } from "./project.ts";
import { medianRow, PEER_PREFIX, type ProgramStep, type Row, type TimedRow } from "./rows.ts";
import { entriesOf, moved, type Measurement, type Work } from "./work.ts";

/** The cluster that imports; its Istio has to be installed. */
export const [CLUSTER] = CLUSTERS;
/** Namespace of the benchmark's entries, and the one that sees them, which has no workloads. */
const NAMESPACE = "istio-federation-bench";
const SEEN_BY = "istio-federation-bench-clients";
/** Longest wait until the namespace is gone. */
const GONE_SECONDS = 60;
/** Most entries that the best concurrency is found with. */
const SAMPLE = 1000;

/** Rounds to measure. */
export interface Plan {
  /** Numbers of services for the program under test and the floor, each of them a round; ascending. */
  readonly services: readonly number[];
  /** Numbers of services for the peer, one CustomResource per entry. */
  readonly peerServices: readonly number[];
  /** Number of imports that a sidecar sees; 0: the scope is not measured. */
  readonly scopeServices: number;
  /** Runs of a step that changes little or nothing; its row is the median. */
  readonly repeats: number;
  /** Time for which istiod has to be at rest before a step. */
  readonly quietSeconds: number;
}

/**
 * Measures everything on a lab whose {@link CLUSTER} has Istio and workloads with sidecars. The namespace of the benchmark is empty
 * and istiod at rest before each round, and at the end.
 *
 * @param onRow called with each row as soon as it is there.
 */
export async function measureAll(
  lab: RunningLab,
  { services, peerServices, scopeServices, repeats, quietSeconds }: Plan,
  log: Log,
  onRow: (row: Row) => void,
): Promise<void> {
  const api = new ApiServer(lab.kubeconfig, CLUSTER.name, MOST_CONNECTIONS, quietSeconds);
  try {
    await makeNamespace(api);
    const ours = new BenchProject("importedServices", lab, api);
    await ours.prepare(workOf(lab, 0));
    const round = { api, log, onRow, repeats };
    // First, as memory only grows.
    if (scopeServices > 0) {
      const [workload] = workloadsOf(CLUSTER.name, CLUSTER.network);
      if (workload === undefined) throw new Error(`${CLUSTER.name} has no workloads`);
      const work = workOf(lab, scopeServices);
      await measureScope({ ...round, lab, cluster: CLUSTER.name, workload, project: ours, work });
    }
    if (services.length > 0) {
      const sample = entriesOf(workOf(lab, Math.min(SAMPLE, Math.max(...services))));
      const concurrency = await bestConcurrency(api, sample, log);
      await measurePreview({ ...round, project: ours, work: workOf(lab, FEW_SERVICES), prefix: "" });
      for (const count of services) {
        const work = workOf(lab, count);
        await measureFloor({ ...round, work, concurrency }, () =>
          measureRound({ ...round, project: ours, work, prefix: "" }),
        );
      }
    }
    if (peerServices.length > 0) {
      const peer = new BenchProject("customResources", lab, api);
      await peer.prepare(workOf(lab, 0));
      for (const count of peerServices) {
        await measureRound({ ...round, project: peer, work: workOf(lab, count), prefix: PEER_PREFIX });
      }
    }
    await removeNamespace(api);
  } finally {
    await api.close();
  }
}

async function makeNamespace(api: ApiServer): Promise<void> {
  const body = { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } };
  await api.request({ method: "POST", path: "/api/v1/namespaces", body, accept: [409] });
}

async function removeNamespace(api: ApiServer): Promise<void> {
  const path = `/api/v1/namespaces/${NAMESPACE}`;
  await api.request({ method: "DELETE", path });
  const isGone = async (): Promise<boolean> => {
    const { kind } = JSON.parse(await api.request({ method: "GET", path, accept: [404] })) as {
      kind: string;
    };
    return kind === "Status";
  };
  await waitFor(`namespace ${NAMESPACE} is still there`, isGone, GONE_SECONDS);
}

function workOf({ kubeconfig }: RunningLab, services: number): Work {
  return {
    kubeconfig: { path: kubeconfig, context: CLUSTER.name },
    namespace: NAMESPACE,
    peer: "cluster-c",
    services,
    exportTo: [SEEN_BY],
    gateway: { address: "203.0.113.10", port: 15443 },
    revision: 0,
  };
}

/** The CLI's operation for each step. */
const OPERATIONS = {
  create: "up",
  "no-op-preview": "preview",
  "no-op-up": "up",
  "update-one": "up",
  "update-all": "up",
  refresh: "refresh",
  destroy: "destroy",
} as const satisfies Record<ProgramStep, string>;

/** Steps after which istiod has something to do, which would disturb the next one. */
const UNSETTLING: ReadonlySet<ProgramStep> = new Set(["create", "update-all", "destroy"]);

interface RoundOptions extends Measurement {
  readonly project: BenchProject;
  readonly repeats: number;
  /** Prefix of the steps' names; only the peer has one. */
  readonly prefix: "" | typeof PEER_PREFIX;
}

/** Measures each step of the benchmark in turn on one stack, from create to destroy. */
async function measureRound(round: RoundOptions): Promise<void> {
  const { work, repeats, onRow } = round;
  onRow(await run(round, "create", work));
  onRow(await repeated(round, "no-op-preview", () => work));
  onRow(await repeated(round, "no-op-up", () => work));
  onRow(await repeated(round, "update-one", (revision) => ({ ...work, revision })));
  const last = moved({ ...work, revision: repeats });
  onRow(await run(round, "update-all", last));
  onRow(await repeated(round, "refresh", () => last));
  onRow(await run(round, "destroy", last));
}

/** Measures the preview without changes of few services, for comparison with many. */
async function measurePreview(round: RoundOptions): Promise<void> {
  const { work, onRow } = round;
  await run(round, "create", work);
  onRow(await repeated(round, "no-op-preview", () => work));
  await run(round, "destroy", work);
}

/** @param declared what each turn declares; the first turn is 1. */
async function repeated(
  round: RoundOptions,
  name: ProgramStep,
  declared: (turn: number) => Work,
): Promise<TimedRow> {
  const first = await run(round, name, declared(1));
  const others: TimedRow[] = [];
  for (let turn = 2; turn <= round.repeats; turn++) others.push(await run(round, name, declared(turn)));
  return medianRow([first, ...others]);
}

async function run(
  { api, project, prefix, log }: RoundOptions,
  name: ProgramStep,
  declared: Work,
): Promise<TimedRow> {
  const title = `${declared.services} services: ${prefix}${name}`;
  const measured = await step(log, title, () => project.run(declared, OPERATIONS[name]));
  if (UNSETTLING.has(name)) await istiodSettled(api);
  return { services: declared.services, step: `${prefix}${name}`, ...measured };
}
