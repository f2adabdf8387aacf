import { step, type Log } from "../progress.ts";
import type { ApiServer } from "./apiServer.ts";
import type { BenchProject } from "./project.ts";
import { istiodSettled } from "./requestCount.ts";
import { medianRow, type PEER_PREFIX, type ProgramStep, type TimedRow } from "./rows.ts";
import { moved, type Work } from "./work.ts";

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

/** What a round of steps needs. */
export interface RoundOptions {
  readonly api: ApiServer;
  readonly project: BenchProject;
  /** What is declared at first. */
  readonly work: Work;
  /** How often a step is run that changes nothing or little. */
  readonly repeats: number;
  /** Before the steps' names; the peer has one. */
  readonly prefix: "" | typeof PEER_PREFIX;
  readonly log: Log;
  /** Told each row as soon as it is there. */
  readonly onRow: (row: TimedRow) => void;
}

/** The life of one stack, from nothing to nothing: each step of the benchmark in turn. */
export async function measureRound(round: RoundOptions): Promise<void> {
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

/** Only the preview without changes, of few services: what it takes more with many is what these cost. */
export async function measurePreview(round: RoundOptions): Promise<void> {
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
