import { CoreV1Api, PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import { loadContext } from "../cluster/kubeconfig.ts";
import { CLUSTERS } from "../clusters.ts";
import { EngineStandIn } from "../engine.ts";
import type { RunningLab } from "../lab.ts";
import { GATEWAY_PORT, whoAnswers } from "../proofs/gateway.ts";
import { hostOf, partyIn } from "../proofs/proof.ts";
import { LabError, type Log } from "../progress.ts";
import { Stack } from "../pulumi.ts";
import { waitFor } from "../ready.ts";
import { callService } from "../workloads/call.ts";
import { SERVICE_PORT } from "../workloads/workload.ts";
import { type RunMarks, partsOf, RunRecorder } from "./runMarks.ts";

const [IMPORTER, EXPORTER] = CLUSTERS;
const CALLER = partyIn(IMPORTER, true);
const SERVER = partyIn(EXPORTER, true);
const SERVICE = { ...SERVER, name: "fresh" };
const HOST = hostOf(SERVICE);
const GATEWAY = `${EXPORTER.network}.0.3:${GATEWAY_PORT}`;
const EXPORT_LABEL = "istio-federation.dev/export";
const JSON_PATCH = setHeaderOptions("Content-Type", PatchStrategy.JsonPatch);

/** Longest waits. */
const SECONDS = { reachable: 90, refused: 60, drained: 90, rest: 180 };
/** Calls that find each connection which a sidecar keeps open, one for each of its threads. */
const CALLS = 20;

/** Seconds of one export and of one withdrawal, each from the start of the exporter's `pulumi up`, and their parts. */
export interface FreshnessRun {
  /** Export until the first 200 at the peer. */
  readonly export: number;
  /** Withdrawal until the gateway refuses a new connection, and until the last open one has ended. */
  readonly refused: number;
  readonly ended: number;
  /** Shares of `export`, in their order; together they are all of it. */
  readonly exportParts: Readonly<Record<string, number>>;
  /** Shares of `ended`. */
  readonly endedParts: Readonly<Record<string, number>>;
}

/**
 * Exports a service and withdraws it, a number of times, in two federated clusters that notify each other. The importer keeps its import
 * until the open connections have ended: else calls would end with the import.
 *
 * @param onRun called with each run as soon as it is there.
 */
export async function measureFreshness(
  lab: RunningLab,
  runs: number,
  log: Log,
  onRun: (run: FreshnessRun) => void,
): Promise<void> {
  const recorder = new RunRecorder();
  const engine = await EngineStandIn.start(lab, log, (stack, line) => {
    recorder.record(stack, line);
  });
  const services = loadContext(lab.kubeconfig, EXPORTER.name).makeApiClient(CoreV1Api);
  const place = { namespace: SERVICE.namespace };
  try {
    for (let run = 1; run <= runs; run++) {
      await services.createNamespacedService({
        ...place,
        body: {
          metadata: { name: SERVICE.name, labels: { [EXPORT_LABEL]: "true" } },
          spec: { selector: { app: SERVER.name }, ports: [{ name: "http", port: SERVICE_PORT }] },
        },
      });
      const exported = await measureExport(engine, recorder);
      await engine.rest(SECONDS.rest);
      // The Service stays meanwhile: without it, its own istiod would end the calls.
      const body = [{ op: "remove", path: `/metadata/labels/${EXPORT_LABEL.replace("/", "~1")}` }];
      await services.patchNamespacedService({ ...place, name: SERVICE.name, body }, JSON_PATCH);
      const withdrawn = await measureWithdrawal(lab, engine, recorder);
      await engine.rest(SECONDS.rest);
      await services.deleteNamespacedService({ ...place, name: SERVICE.name });
      log(
        `run ${run}: reachable after ${exported.export.toFixed(1)} s, refused after ${withdrawn.refused.toFixed(1)} s, ended after ${withdrawn.ended.toFixed(1)} s`,
      );
      onRun({ ...exported, ...withdrawn });
    }
  } finally {
    await engine.stop();
  }
}

async function measureExport(
  engine: EngineStandIn,
  recorder: RunRecorder,
): Promise<Pick<FreshnessRun, "export" | "exportParts">> {
  const start = begin(engine, recorder);
  const isReachable = async () => (await callService(CALLER, HOST, SERVICE_PORT)).status === 200;
  const reachable = await timeOf("the peer cannot call the export", isReachable, SECONDS.reachable);
  const [exporter, contract] = [
    recorder.marksOf(EXPORTER.name),
    recorder.marksOf(`${EXPORTER.name}-contract`),
  ];
  const importer = recorder.marksOf(IMPORTER.name);
  const [run] = engine.runs.filter(({ stack }) => stack === IMPORTER.name);
  if (run === undefined) throw new LabError(`${IMPORTER.name} was not notified`);
  const written = Math.min(importer.written, reachable);
  return {
    export: (reachable - start) / 1000,
    exportParts: partsOf([
      ["exporter: start of the engine", start, exporter.program],
      ["exporter: reading and planning", exporter.program, exporter.planned],
      ["exporter: writing, end of the update", exporter.planned, contract.begun],
      ["contract stack, until it notifies", contract.begun, run.requested],
      ["notification until the run", run.requested, run.started],
      ["importer: start of the engine", run.started, importer.program],
      ["importer: reading and planning", importer.program, importer.planned],
      ["importer: writing", importer.planned, written],
      ["istiod and the sidecar", written, reachable],
    ]),
  };
}

async function measureWithdrawal(
  lab: RunningLab,
  engine: EngineStandIn,
  recorder: RunRecorder,
): Promise<Pick<FreshnessRun, "refused" | "ended" | "endedParts">> {
  // A withdrawal of what peers import is accepted first, as that is a person's time; that of the first run accepts the others.
  const stack = new Stack(EXPORTER.name, lab);
  const { output } = await stack.run("preview");
  await stack.acceptWithdrawal(output);
  engine.pause(IMPORTER.name);
  await keepConnections();
  try {
    const start = begin(engine, recorder);
    const isRefused = async () => (await whoAnswers(GATEWAY, HOST)) === undefined;
    const refused = await timeOf("the gateway does not refuse the export", isRefused, SECONDS.refused);
    const ended = await timeOf("calls are answered", areEnded, SECONDS.drained);
    const exporter: RunMarks = recorder.marksOf(EXPORTER.name);
    const planned = Math.min(exporter.planned, refused);
    return {
      refused: (refused - start) / 1000,
      ended: (ended - start) / 1000,
      endedParts: partsOf([
        ["exporter: start of the engine", start, exporter.program],
        ["exporter: reading and planning", exporter.program, planned],
        ["writing, istiod and the gateway", planned, refused],
        ["Envoy's drain", refused, ended],
      ]),
    };
  } finally {
    engine.resume(IMPORTER.name);
  }
}

/** Runs the exporter at once. @returns when. */
function begin(engine: EngineStandIn, recorder: RunRecorder): number {
  engine.runs.splice(0);
  recorder.clear();
  engine.request(EXPORTER.name);
  return performance.now();
}

/** Whether no call is answered: one connection that has ended does not mean that the others have. */
async function areEnded(): Promise<boolean> {
  for (let calls = 0; calls < CALLS; calls++)
    if ((await callService(CALLER, HOST, SERVICE_PORT)).status === 200) return false;
  return true;
}

/** Has each thread of the caller's sidecar open a connection. */
async function keepConnections(): Promise<void> {
  await Promise.all(Array.from({ length: CALLS }, () => callService(CALLER, HOST, SERVICE_PORT)));
}

/** Waits for a condition. @returns when it held, by `performance.now()`. */
async function timeOf(unmet: string, check: () => Promise<boolean>, seconds: number): Promise<number> {
  await waitFor(unmet, check, seconds);
  return performance.now();
}
