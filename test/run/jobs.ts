import { globSync, readFileSync } from "node:fs";

/** Test files that one process runs. */
export interface Job {
  readonly name: string;
  readonly files: readonly string[];
  /** True if they need real API servers, Istio or Pulumi's engine. */
  readonly lab: boolean;
  /** Expected seconds. */
  readonly seconds: number;
}

/** Seconds per file of the last run. */
export type FileTimes = Readonly<Record<string, number>>;

/** Kinds of tests. */
export const KINDS = ["unit", "lab"] as const;
export type Kind = (typeof KINDS)[number];

/** Expected seconds of a file that never ran on this machine. */
const UNKNOWN_SECONDS = { unit: 0.5, "API server": 30, "shared lab": 45, alone: 240 };
/** Most federated labs that are shared: each costs a minute to start. */
const SHARED_LABS = 2;

/**
 * Distributes test files over processes, longest first. Unit tests and files that need an API server go to `lanes` processes, files that
 * share a federated lab to two. Every file in a folder `alone` has a process, and so a lab, of its own.
 */
export function planJobs(kinds: readonly Kind[], lanes: number, times: FileTimes): Job[] {
  const secondsOf = (kind: keyof typeof UNKNOWN_SECONDS) => (file: string) =>
    times[file] ?? UNKNOWN_SECONDS[kind];
  const jobs: Job[] = [];
  if (kinds.includes("unit"))
    jobs.push(...distribute("unit", globSync("test/**/*.test.ts"), lanes, secondsOf("unit"), false));
  if (kinds.includes("lab")) {
    const files = Map.groupBy(globSync("test/**/*.lab.ts"), (file) => {
      if (file.includes("/alone/")) return "alone";
      return readFileSync(file, "utf8").includes("sharedLab()") ? "shared lab" : "API server";
    });
    const of = (kind: "alone" | "shared lab" | "API server") => files.get(kind) ?? [];
    for (const file of of("alone"))
      jobs.push({ name: nameOf(file), files: [file], lab: true, seconds: secondsOf("alone")(file) });
    jobs.push(
      ...distribute(
        "shared lab",
        of("shared lab"),
        Math.min(lanes, SHARED_LABS),
        secondsOf("shared lab"),
        true,
      ),
    );
    jobs.push(...distribute("API server", of("API server"), lanes, secondsOf("API server"), true));
  }
  return jobs.sort((one, other) => other.seconds - one.seconds);
}

/** Splits files into jobs of about the same length. */
export function distribute(
  name: string,
  files: readonly string[],
  count: number,
  seconds: (file: string) => number,
  lab: boolean,
): Job[] {
  const parts = Array.from({ length: Math.min(count, files.length) }, () => ({
    files: [] as string[],
    seconds: 0,
  }));
  for (const file of [...files].sort(
    (one, other) => seconds(other) - seconds(one) || (one < other ? -1 : 1),
  )) {
    const shortest = parts.reduce((least, part) => (part.seconds < least.seconds ? part : least));
    shortest.files.push(file);
    shortest.seconds += seconds(file);
  }
  return parts.map((part, index) => ({ name: `${name} ${index + 1}`, ...part, lab }));
}

function nameOf(file: string): string {
  return file.split("/").at(-1)?.split(".")[0] ?? file;
}
