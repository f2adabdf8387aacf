import { globSync, readFileSync } from "node:fs";

/** Test files that one process runs. */
export interface Job {
  readonly name: string;
  readonly files: readonly string[];
  /** Whether they need real API servers, Istio or Pulumi's engine. */
  readonly lab: boolean;
  /** Expected seconds. */
  readonly seconds: number;
}

/** Seconds per file of the last run. */
export type FileTimes = Readonly<Record<string, number>>;

/** Kinds of tests. */
export const KINDS = ["unit", "lab"] as const;
export type Kind = (typeof KINDS)[number];

/** Expected seconds of a file that never ran. */
const UNKNOWN_SECONDS = { unit: 0.5, lab: 40 };

/**
 * Distributes test files over processes, longest first. Unit tests go to `lanes` processes; so do files that share one federated lab,
 * and files with an API server of their own. Every file in a folder `alone` has a process, and so a lab, of its own.
 */
export function planJobs(kinds: readonly Kind[], lanes: number, times: FileTimes): Job[] {
  const secondsOf = (kind: Kind) => (file: string) => times[file] ?? UNKNOWN_SECONDS[kind];
  const jobs: Job[] = [];
  if (kinds.includes("unit"))
    jobs.push(...distribute("unit", globSync("test/**/*.test.ts"), lanes, secondsOf("unit"), false));
  if (kinds.includes("lab")) {
    const seconds = secondsOf("lab");
    const files = globSync("test/**/*.lab.ts");
    const alone = files.filter((file) => file.includes("/alone/"));
    const others = files.filter((file) => !alone.includes(file));
    const shared = others.filter((file) => readFileSync(file, "utf8").includes("sharedLab()"));
    jobs.push(
      ...alone.map((file) => ({ name: nameOf(file), files: [file], lab: true, seconds: seconds(file) })),
    );
    jobs.push(...distribute("shared lab", shared, lanes, seconds, true));
    const rest = others.filter((file) => !shared.includes(file));
    jobs.push(...distribute("API server", rest, lanes, seconds, true));
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
