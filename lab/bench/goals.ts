import { PROGRAM_STEPS, timedRows, type Row, type TimedRow, type TimedStep } from "./rows.ts";

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
  const find: Find = (services, step) => timed.find((row) => row.services === services && row.step === step);
  return GOALS.map(({ what, goal, check }) => {
    const verdict = check(find);
    return { what, goal, ...(verdict ?? { measured: "not measured" }) };
  });
}

type Find = (services: number, step: TimedStep) => TimedRow | undefined;

const GOALS: readonly { what: string; goal: string; check: (find: Find) => Verdict }[] = [
  {
    what: "create 1,000",
    goal: "floor + 2 s",
    check: (find) => excess(find(1000, "create"), find(1000, "floor-create"), 2, "floor "),
  },
  {
    what: "create 10,000",
    goal: "1.10 x floor",
    check: (find) => ratio(find(10_000, "create"), find(10_000, "floor-create"), 1.1, "floor"),
  },
  {
    what: "change 1 of 10,000",
    goal: "no-op up + 1 s",
    check: (find) => excess(find(10_000, "update-one"), find(10_000, "no-op-up"), 1, "no-op up "),
  },
  {
    what: "change 1 of 10,000",
    goal: "one API write",
    check: (find) => count(find(10_000, "update-one")?.writes, "writes", (writes) => writes === 1),
  },
  {
    what: "no-op preview, 10,000",
    goal: "3 s",
    check: (find) => atMost(find(10_000, "no-op-preview")?.seconds, 3),
  },
  {
    what: "no-op preview, 10,000",
    goal: "no API write",
    check: (find) => count(find(10_000, "no-op-preview")?.writes, "writes", (writes) => writes === 0),
  },
  {
    what: "no-op preview, 10,000",
    goal: "with 10 services + 0.8 s",
    check: (find) => excess(find(10_000, "no-op-preview"), find(FEW_SERVICES, "no-op-preview"), 0.8),
  },
  {
    what: "refresh 10,000",
    goal: "6 s",
    check: (find) => atMost(find(10_000, "refresh")?.seconds, 6),
  },
  {
    what: "refresh 10,000",
    goal: "one paged LIST",
    check: (find) => {
      const row = find(10_000, "refresh");
      return count(
        row?.requests,
        "requests",
        (requests) => row?.writes === 0 && requests <= Math.ceil(row.services / PAGE),
      );
    },
  },
  {
    what: "destroy 10,000",
    goal: "0.8 x create",
    check: (find) => ratio(find(10_000, "destroy"), find(10_000, "create"), 0.8, "create"),
  },
  {
    what: "state for 10,000",
    goal: "3 MB",
    check: (find) => largest(find, "stateBytes", 3 * MEGABYTE),
  },
  {
    what: "provider process memory, 10,000",
    goal: "300 MB",
    check: (find) => largest(find, "rssBytes", 300 * MEGABYTE),
  },
  {
    what: "growth from 1,000 to 10,000",
    goal: "11 x in every step",
    check: (find) => {
      const growths = PROGRAM_STEPS.flatMap((step) => {
        const [few, many] = [find(1000, step), find(10_000, step)];
        return few === undefined || many === undefined ? [] : [{ step, times: many.seconds / few.seconds }];
      });
      const [first, ...others] = growths;
      if (first === undefined) return undefined;
      const most = others.reduce((one, other) => (other.times > one.times ? other : one), first);
      return { measured: `${most.times.toFixed(1)} x at most (${most.step})`, met: most.times <= 11 };
    },
  },
];

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

function count(value: number | undefined, unit: string, met: (value: number) => boolean): Verdict {
  return value === undefined ? undefined : { measured: `${value} ${unit}`, met: met(value) };
}

/** A size in whichever step with 10,000 services it was largest. */
function largest(find: Find, field: "stateBytes" | "rssBytes", most: number): Verdict {
  const sizes = PROGRAM_STEPS.flatMap((step) => find(10_000, step)?.[field] ?? []);
  if (sizes.length === 0) return undefined;
  const size = Math.max(...sizes);
  return { measured: `${(size / MEGABYTE).toFixed(1)} MB`, met: size <= most };
}

function seconds(value: number): string {
  return `${value.toFixed(2)} s`;
}
