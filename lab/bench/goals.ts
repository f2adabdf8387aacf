import {
  PROGRAM_STEPS,
  timedRows,
  verificationRows,
  type Row,
  type TimedRow,
  type TimedStep,
} from "./rows.ts";

/** Objects in one page of a list. */
const PAGE = 500;
/** Number of services of the small preview that large ones are compared with. */
export const FEW_SERVICES = 10;
const MEGABYTE = 1_000_000;

/** One goal and its result. */
export interface Goal {
  readonly what: string;
  readonly goal: string;
  /** Measured value, formatted; `not measured` without its rows. */
  readonly measured: string;
  /** Undefined when it was not measured. */
  readonly met?: boolean;
}

/** Result of a goal; undefined without its rows. */
type Verdict = { measured: string; met: boolean } | undefined;

/** Checks the benchmark's goals, by ratios within one run where a goal is relative to another step. */
export function checkGoals(rows: readonly Row[]): Goal[] {
  const timed = timedRows(rows);
  const find = (services: number, step: TimedStep) =>
    timed.find((row) => row.services === services && row.step === step);
  const thousand = (step: TimedStep) => find(1000, step);
  const most = (step: TimedStep) => find(10_000, step);
  const [update, preview, refresh] = [most("update-one"), most("no-op-preview"), most("refresh")];
  const verification = verificationRows(rows).find(({ services }) => services === 10_000);
  const pages = Math.ceil((refresh?.services ?? 0) / PAGE);
  const goals: [what: string, goal: string, Verdict][] = [
    ["create 1,000", "floor + 2 s", excess(thousand("create"), thousand("floor-create"), 2, "floor ")],
    ["create 10,000", "1.10 x floor", ratio(most("create"), most("floor-create"), 1.1, "floor")],
    ["change 1 of 10,000", "no-op up + 1 s", excess(update, most("no-op-up"), 1, "no-op up ")],
    ["change 1 of 10,000", "one API write", count(update?.writes, "writes", update?.writes === 1)],
    ["no-op preview, 10,000", "3 s", atMost(preview?.seconds, 3)],
    ["no-op preview, 10,000", "no API write", count(preview?.writes, "writes", preview?.writes === 0)],
    [
      "no-op preview, 10,000",
      "with 10 services + 0.8 s",
      excess(preview, find(FEW_SERVICES, "no-op-preview"), 0.8),
    ],
    ["refresh 10,000", "6 s", atMost(refresh?.seconds, 6)],
    [
      "refresh 10,000",
      "one paged LIST",
      count(refresh?.requests, "requests", refresh?.writes === 0 && (refresh.requests ?? 0) <= pages),
    ],
    ["destroy 10,000", "0.8 x create", ratio(most("destroy"), most("create"), 0.8, "create")],
    ["state for 10,000", "3 MB", largest(most, "stateBytes", 3 * MEGABYTE)],
    ["provider process memory, 10,000", "300 MB", largest(most, "rssBytes", 300 * MEGABYTE)],
    ["verification of a contract, 10,000", "0.3 s of user CPU", atMost(verification?.userSeconds, 0.3)],
    ["growth from 1,000 to 10,000", "11 x in every step", growth(thousand, most, 11)],
  ];
  return goals.map(([what, goal, verdict]) => ({ what, goal, ...(verdict ?? { measured: "not measured" }) }));
}

type Find = (step: TimedStep) => TimedRow | undefined;

function ratio(ours: TimedRow | undefined, base: TimedRow | undefined, most: number, name: string): Verdict {
  if (ours === undefined || base === undefined) return undefined;
  const times = ours.seconds / base.seconds;
  return { measured: `${times.toFixed(2)} x ${name} (${seconds(base.seconds)})`, met: times <= most };
}

/** @param label before the seconds of what is compared with. */
function excess(ours: TimedRow | undefined, base: TimedRow | undefined, most: number, label = ""): Verdict {
  if (ours === undefined || base === undefined) return undefined;
  const more = ours.seconds - base.seconds;
  return { measured: `${label}${seconds(base.seconds)} + ${seconds(more)}`, met: more <= most };
}

function atMost(value: number | undefined, most: number): Verdict {
  return value === undefined ? undefined : { measured: seconds(value), met: value <= most };
}

function count(value: number | undefined, unit: string, met: boolean): Verdict {
  return value === undefined ? undefined : { measured: `${value} ${unit}`, met };
}

/** The largest size in any step. */
function largest(find: Find, field: "stateBytes" | "rssBytes", most: number): Verdict {
  const sizes = PROGRAM_STEPS.flatMap((step) => find(step)?.[field] ?? []);
  if (sizes.length === 0) return undefined;
  const size = Math.max(...sizes);
  return { measured: `${(size / MEGABYTE).toFixed(1)} MB`, met: size <= most };
}

/** The largest ratio of the times of any step. */
function growth(findFew: Find, findMany: Find, most: number): Verdict {
  const growths = PROGRAM_STEPS.flatMap((step) => {
    const [few, many] = [findFew(step), findMany(step)];
    return few === undefined || many === undefined ? [] : [{ step, times: many.seconds / few.seconds }];
  });
  const [worst] = growths.sort((one, other) => other.times - one.times);
  if (worst === undefined) return undefined;
  return { measured: `${worst.times.toFixed(1)} x at most (${worst.step})`, met: worst.times <= most };
}

function seconds(value: number): string {
  return `${value.toFixed(2)} s`;
}
