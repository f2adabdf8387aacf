import Table from "cli-table3";
import type { Goal } from "./goals.ts";
import {
  FLOOR_STEPS,
  PEER_PREFIX,
  PROGRAM_STEPS,
  scopeRows,
  timedRows,
  verificationRows,
  type Row,
  type TimedRow,
} from "./rows.ts";

const NONE = "-";

/** Writes a run as tables: times, what the largest number of services cost else, scope, and goals. */
export function formatReport(rows: readonly Row[], goals: readonly Goal[]): string {
  const tables = [
    formatTimes(rows),
    formatCosts(rows),
    formatScope(rows),
    formatVerification(rows),
    formatGoals(goals),
  ];
  return tables.filter((text) => text !== "").join("\n\n");
}

/** Seconds of each step by number of services, ours beside the peer's. */
function formatTimes(rows: readonly Row[]): string {
  const timed = timedRows(rows);
  if (timed.length === 0) return "";
  const ours = timed.filter(({ step }) => !step.startsWith(PEER_PREFIX));
  const peers = timed.filter(({ step }) => step.startsWith(PEER_PREFIX));
  const [ourCounts, peerCounts] = [countsOf(ours), countsOf(peers)];
  const cells = (found: TimedRow[], counts: number[], step: string) =>
    counts.map((services) => {
      const row = found.find((candidate) => candidate.services === services && candidate.step === step);
      return row === undefined ? NONE : row.seconds.toFixed(2);
    });
  const table = newTable(
    ["seconds", ...ourCounts.map(thousands), ...peerCounts.map((services) => `peer ${thousands(services)}`)],
    1,
  );
  for (const step of [...FLOOR_STEPS, ...PROGRAM_STEPS]) {
    table.push([step, ...cells(ours, ourCounts, step), ...cells(peers, peerCounts, `${PEER_PREFIX}${step}`)]);
  }
  return table.toString();
}

/** Writes, requests, state and memory of each step, at the largest number of services. */
function formatCosts(rows: readonly Row[]): string {
  const ours = timedRows(rows).filter(({ writes }) => writes !== undefined);
  const most = (found: TimedRow[]) => Math.max(...found.map(({ services }) => services));
  const peers = ours.filter(({ step }) => step.startsWith(PEER_PREFIX));
  const own = ours.filter(({ step }) => !step.startsWith(PEER_PREFIX));
  const shown = [own, peers].flatMap((found) => found.filter(({ services }) => services === most(found)));
  if (shown.length === 0) return "";
  const table = newTable(["step", "services", "writes", "requests", "state", "provider memory"], 1);
  for (const { step, services, writes, requests, stateBytes, rssBytes } of shown) {
    table.push([step, thousands(services), count(writes), count(requests), size(stateBytes), size(rssBytes)]);
  }
  return table.toString();
}

function formatScope(rows: readonly Row[]): string {
  const scope = scopeRows(rows);
  if (scope.length === 0) return "";
  const table = newTable(["step", "services", "sidecar's config", "sidecar's memory", "istiod's memory"], 1);
  for (const { step, services, configBytes, sidecarRssBytes, istiodRssBytes } of scope) {
    table.push([step, thousands(services), size(configBytes), size(sidecarRssBytes), size(istiodRssBytes)]);
  }
  return table.toString();
}

function formatVerification(rows: readonly Row[]): string {
  const verified = verificationRows(rows);
  if (verified.length === 0) return "";
  const table = newTable(["step", "services", "contract", "user CPU seconds"], 1);
  for (const { step, services, contractBytes, userSeconds } of verified)
    table.push([step, thousands(services), size(contractBytes), userSeconds.toFixed(3)]);
  return table.toString();
}

function formatGoals(goals: readonly Goal[]): string {
  if (goals.every(({ met }) => met === undefined)) return "";
  const table = newTable(["", "what", "goal: at most", "measured"], 4);
  for (const { met, what, goal, measured } of goals) {
    table.push([met === undefined ? "" : met ? "ok" : "MISSED", what, goal, measured]);
  }
  return table.toString();
}

/** @param textColumns how many columns at the left are text; the others are figures. */
function newTable(head: string[], textColumns: number): Table.Table {
  return new Table({
    head,
    colAligns: head.map((_, index) => (index < textColumns ? "left" : "right")),
    style: { head: [], border: [] },
    // No lines between the rows.
    chars: { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" },
  });
}

function countsOf(rows: readonly TimedRow[]): number[] {
  return [...new Set(rows.map(({ services }) => services))].sort((one, other) => one - other);
}

function thousands(value: number): string {
  return value.toLocaleString("en-US");
}

function count(value: number | undefined): string {
  return value === undefined ? NONE : thousands(value);
}

function size(bytes: number | undefined): string {
  return bytes === undefined ? NONE : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
