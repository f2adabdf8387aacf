import { readdirSync, readFileSync, readlinkSync } from "node:fs";

const SAMPLE_MILLISECONDS = 100;

/** How a process is told from all others. */
export interface ProcessMark {
  /** Whether this is its working directory. */
  readonly folder: (folder: string) => boolean;
  /** Whether an argument of its command line, its own name included, is the one that tells it. */
  readonly argument: (argument: string) => boolean;
}

/**
 * Watches processes while they come and go; the kernel itself keeps each one's peak, so that little is missed between samples.
 *
 * @returns ends it, and gives the largest resident memory that one had, in bytes; undefined when none came.
 */
export function watchPeakMemory(mark: ProcessMark): () => number | undefined {
  let peak: number | undefined;
  let known: number | undefined;
  const timer = setInterval(() => {
    known = known !== undefined && memoryOf(known, "VmHWM") !== undefined ? known : findProcess(mark);
    const size = known === undefined ? undefined : memoryOf(known, "VmHWM");
    if (size !== undefined) peak = Math.max(peak ?? 0, size);
  }, SAMPLE_MILLISECONDS);
  return () => {
    clearInterval(timer);
    return peak;
  };
}

/**
 * A figure of `/proc/<pid>/status` in bytes: `VmRSS` is what is resident, `VmHWM` the most that ever was.
 *
 * @returns undefined when the process is gone.
 */
export function memoryOf(pid: number, field: "VmRSS" | "VmHWM"): number | undefined {
  const status = read(() => readFileSync(`/proc/${pid}/status`, "utf8"));
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status ?? "")?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

/** @returns undefined when no such process runs. */
export function findProcess({ folder, argument }: ProcessMark): number | undefined {
  const pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
  return pids.find((pid) => {
    const command = read(() => readFileSync(`/proc/${pid}/cmdline`, "utf8")) ?? "";
    return command.split("\0").some(argument) && folder(read(() => readlinkSync(`/proc/${pid}/cwd`)) ?? "");
  });
}

/** Processes end while they are looked at, and others' may not be looked at. */
function read(get: () => string): string | undefined {
  try {
    return get();
  } catch {
    return undefined;
  }
}
