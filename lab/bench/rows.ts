import { writeFileSync } from "node:fs";

/** Steps of the bare client. */
export const FLOOR_STEPS = ["floor-create", "floor-update"] as const;

/** Steps of a Pulumi program, in this order. */
export const PROGRAM_STEPS = [
  "create",
  "no-op-preview",
  "no-op-up",
  "update-one",
  "update-all",
  "refresh",
  "destroy",
] as const;

export type ProgramStep = (typeof PROGRAM_STEPS)[number];
/** Cost of a sidecar: without imports, with unseen imports, with seen imports. */
export type ScopeStep = "scope-none" | "scope-unseen" | "scope-seen";
/** The peer's steps have the program's names with this before them. */
export const PEER_PREFIX = "custom-resource-";
export type TimedStep = (typeof FLOOR_STEPS)[number] | ProgramStep | `${typeof PEER_PREFIX}${ProgramStep}`;

/** Time and other costs of one step. */
export interface TimedRow {
  readonly services: number;
  readonly step: TimedStep;
  /** Wall time of the whole step; the median when it was repeated. */
  readonly seconds: number;
  /** Size of the stack's file in the state backend after the step. */
  readonly stateBytes?: number;
  /** Changes of ServiceEntries, without dry runs and istiod's status writes. */
  readonly writes?: number;
  /** Requests about ServiceEntries, with dry runs and pages of lists, without istiod's status writes. */
  readonly requests?: number;
  /** Largest resident memory of the provider's process. */
  readonly rssBytes?: number;
}

/** Memory and configuration of one sidecar and istiod. */
export interface ScopeRow {
  readonly services: number;
  readonly step: ScopeStep;
  /** Size of the sidecar's configuration, as its `/config_dump` writes it with endpoints. */
  readonly configBytes: number;
  /** Resident memory of the sidecar's Envoy. */
  readonly sidecarRssBytes: number;
  /** Resident memory of istiod. */
  readonly istiodRssBytes: number;
}

/** Cost of the signature of one contract. */
export interface VerificationRow {
  readonly services: number;
  readonly step: "verify-contract";
  /** User CPU time; the most of several runs. */
  readonly userSeconds: number;
  /** Size of the contract as JSON. */
  readonly contractBytes: number;
}

export type Row = TimedRow | ScopeRow | VerificationRow;

/** Rows with a time. */
export function timedRows(rows: readonly Row[]): TimedRow[] {
  return rows.filter((row): row is TimedRow => "seconds" in row);
}

/** Rows of a sidecar. */
export function scopeRows(rows: readonly Row[]): ScopeRow[] {
  return rows.filter((row): row is ScopeRow => "configBytes" in row);
}

/** Rows of contracts' signatures. */
export function verificationRows(rows: readonly Row[]): VerificationRow[] {
  return rows.filter((row): row is VerificationRow => "userSeconds" in row);
}

/** Combines several runs of a step: the median time, and the maximum of everything else. */
export function medianRow(runs: readonly [TimedRow, ...TimedRow[]]): TimedRow {
  const times = runs.map(({ seconds }) => seconds).sort((one, other) => one - other);
  const most = (field: "stateBytes" | "writes" | "requests" | "rssBytes") => {
    const values = runs.flatMap((run) => run[field] ?? []);
    return values.length === 0 ? {} : { [field]: Math.max(...values) };
  };
  return {
    services: runs[0].services,
    step: runs[0].step,
    seconds: times[Math.floor(times.length / 2)] ?? runs[0].seconds,
    ...most("stateBytes"),
    ...most("writes"),
    ...most("requests"),
    ...most("rssBytes"),
  };
}

/** Writes rows as a JSON array, one row per line; times to the millisecond. */
export function writeRows(file: string, rows: readonly Row[]): void {
  const lines = rows.map((row) => `  ${JSON.stringify(row, rounded)}`);
  writeFileSync(file, `[\n${lines.join(",\n")}\n]\n`);
}

function rounded(_field: string, value: unknown): unknown {
  return typeof value === "number" ? Math.round(value * 1000) / 1000 : value;
}
