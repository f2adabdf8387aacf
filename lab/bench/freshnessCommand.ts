import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import Table from "cli-table3";
import { Command, InvalidArgumentError } from "commander";
import { federate } from "../federate.ts";
import { withLab } from "../lab.ts";
import { checkPrerequisites } from "../prerequisites.ts";
import { LabError, type Log } from "../progress.ts";
import { type FreshnessRun, measureFreshness } from "./freshness.ts";
import { percentile } from "./runMarks.ts";

const DEFAULT_RUNS = 30;
const MOST_RUNS = 1000;
/** From the exporter's `up` to the first 200 at the peer, in the median. */
const GOAL_SECONDS = 10;

interface Options {
  runs: number;
  json?: string;
  check: boolean;
}

/** The command `bench freshness`. @param start what to do first. */
export function freshnessCommand(log: Log, start: () => void): Command {
  return new Command("freshness")
    .description("measure how soon an export and its end reach a peer, on a federated lab of its own")
    .option("--runs <number>", "of an export and its end", parseRuns, DEFAULT_RUNS)
    .option("--json <file>", "write the runs there")
    .option("--check", "fail when the goal is missed", false)
    .action(async ({ runs, json, check }: Options) => {
      start();
      await checkPrerequisites();
      const measured: FreshnessRun[] = [];
      await withLab(log, async (lab) => {
        await federate(lab, log);
        await measureFreshness(lab, runs, log, (run) => {
          measured.push(run);
          if (json !== undefined) writeFileSync(resolve(json), `${JSON.stringify(measured, undefined, 2)}\n`);
        });
      });
      process.stdout.write(`\n${formatFreshness(measured)}\n\n`);
      const median = percentile(
        measured.map((run) => run.export),
        0.5,
      );
      if (check && median > GOAL_SECONDS)
        throw new LabError(`an export takes ${median.toFixed(1)} s to reach a peer; goal: ${GOAL_SECONDS} s`);
    });
}

function parseRuns(text: string): number {
  const runs = Number(text);
  if (Number.isInteger(runs) && runs > 0 && runs <= MOST_RUNS) return runs;
  throw new InvalidArgumentError(`Give a whole number from 1 to ${MOST_RUNS}.`);
}

/** Formats p50 and p95 of each total and of each part. */
export function formatFreshness(runs: readonly FreshnessRun[]): string {
  const table = new Table({
    head: [`seconds, ${runs.length} runs`, "p50", "p95"],
    colAligns: ["left", "right", "right"],
    style: { head: [], border: [] },
    chars: { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" },
  });
  const add = (name: string, values: readonly number[]) =>
    table.push([name, percentile(values, 0.5).toFixed(1), percentile(values, 0.95).toFixed(1)]);
  const addParts = (pick: (run: FreshnessRun) => Readonly<Record<string, number>>) => {
    for (const part of Object.keys(runs[0] === undefined ? {} : pick(runs[0])))
      add(
        `  ${part}`,
        runs.map((run) => pick(run)[part] ?? 0),
      );
  };
  const pickTotal = (name: "export" | "refused" | "ended") => runs.map((run) => run[name]);
  add("export: first 200 at the peer", pickTotal("export"));
  addParts(({ exportParts }) => exportParts);
  add("end of an export: new connections are refused", pickTotal("refused"));
  add("end of an export: open connections have ended", pickTotal("ended"));
  addParts(({ endedParts }) => endedParts);
  return table.toString();
}
