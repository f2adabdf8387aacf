import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { LabProcess } from "./process.ts";
import { LabError } from "./progress.ts";

/** Lines of a log that an error quotes. */
const QUOTED_LINES = 20;
/** Pause between two checks: short at first, longer as the wait goes on, since each check costs CPU that the lab needs. */
const FIRST_PAUSE_MILLISECONDS = 50;
const LONGEST_PAUSE_MILLISECONDS = 500;
const PAUSE_GROWTH = 1.3;

/**
 * Waits until a program is ready.
 *
 * @param check true when ready; an error that it throws counts as "not yet", and the last one is part of the failure.
 * @throws LabError with the last lines of the program's log, when it ends or the deadline passes.
 */
export async function waitUntilReady(
  program: LabProcess,
  check: () => Promise<boolean>,
  deadlineSeconds: number,
): Promise<void> {
  const result = await poll(check, Boolean, deadlineSeconds, () => program.ended !== undefined);
  if (result.accepted) return;
  const what =
    program.ended === undefined
      ? `is not ready after ${deadlineSeconds} s${reasonOf(result.error)}`
      : `ended with ${program.ended}`;
  throw new LabError(`${program.name} ${what}\n${quoteLog(program.log)}`);
}

/**
 * Waits until a condition holds.
 *
 * @param what the unmet condition, for the error `<what> after 30 s`: `cluster-a has no gateway Pod`.
 * @throws LabError when the deadline passes, with the last error that `check` threw.
 */
export async function waitFor(
  what: string,
  check: () => Promise<boolean>,
  deadlineSeconds: number,
): Promise<void> {
  const { accepted, error } = await poll(check, Boolean, deadlineSeconds);
  if (!accepted) throw new LabError(`${what} after ${deadlineSeconds} s${reasonOf(error)}`);
}

/**
 * Reads a value until it is as expected or the deadline passes.
 *
 * @returns the last value.
 * @throws the last error, when every reading failed.
 */
export async function readUntil<T>(
  read: () => Promise<T>,
  accept: (value: T) => boolean,
  deadlineSeconds: number,
): Promise<T> {
  const { value, error } = await poll(read, accept, deadlineSeconds);
  if (value === undefined) throw error ?? new LabError("nothing was read in time");
  return value;
}

/** Outcome of polling: the last value and the last error. */
interface Polled<T> {
  accepted: boolean;
  value: T | undefined;
  error: Error | undefined;
}

async function poll<T>(
  read: () => Promise<T>,
  accept: (value: T) => boolean,
  deadlineSeconds: number,
  abandoned: () => boolean = () => false,
): Promise<Polled<T>> {
  const deadline = performance.now() + deadlineSeconds * 1000;
  const last: Polled<T> = { accepted: false, value: undefined, error: undefined };
  let pause = FIRST_PAUSE_MILLISECONDS;
  while (performance.now() < deadline && !abandoned()) {
    try {
      last.value = await read();
      if (accept(last.value)) return { ...last, accepted: true };
    } catch (error) {
      last.error = error instanceof Error ? error : new Error(String(error));
    }
    await sleep(pause);
    pause = Math.min(pause * PAUSE_GROWTH, LONGEST_PAUSE_MILLISECONDS);
  }
  return last;
}

function reasonOf(error: Error | undefined): string {
  return error === undefined ? "" : ` (${error.message})`;
}

/** A log file's path and last lines, for an error. */
export function quoteLog(file: string): string {
  let lines: string[];
  try {
    lines = readFileSync(file, "utf8").trimEnd().split("\n");
  } catch {
    lines = ["(no log was written)"];
  }
  return [`Last lines of ${file}:`, ...lines.slice(-QUOTED_LINES).map((line) => `  ${line}`)].join("\n");
}
