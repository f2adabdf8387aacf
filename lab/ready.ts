import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { LabError } from "./labError.ts";
import type { LabProcess } from "./process.ts";

/** Lines of a log that an error quotes. */
const QUOTED_LINES = 20;
const POLL_MILLISECONDS = 100;

/**
 * Waits until a program does its work.
 *
 * @param check true when ready; an error thrown by it counts as "not yet", and the last one is told on failure.
 * @param deadlineSeconds longest wait.
 * @throws LabError naming the log file and its last lines, when the program ends or the deadline passes.
 */
export async function waitUntilReady(
  program: LabProcess,
  check: () => Promise<boolean>,
  deadlineSeconds: number,
): Promise<void> {
  const ready = await poll(check, deadlineSeconds, () => program.ended !== undefined);
  if (ready.done) {
    return;
  }
  const what =
    program.ended === undefined
      ? `is not ready after ${deadlineSeconds} s${ready.reason}`
      : `ended with ${program.ended}`;
  throw new LabError(`${program.name} ${what}\n${quoteLog(program.log)}`);
}

/**
 * Waits until a condition holds.
 *
 * @param what names the condition in the error: `<what> after 30 s`, e.g. `cluster-a has no gateway Pod`.
 * @throws LabError when the deadline passes, with the last error that `check` threw.
 */
export async function waitFor(
  what: string,
  check: () => Promise<boolean>,
  deadlineSeconds: number,
): Promise<void> {
  const result = await poll(check, deadlineSeconds, () => false);
  if (!result.done) {
    throw new LabError(`${what} after ${deadlineSeconds} s${result.reason}`);
  }
}

async function poll(check: () => Promise<boolean>, deadlineSeconds: number, abandoned: () => boolean) {
  const deadline = performance.now() + deadlineSeconds * 1000;
  let reason = "";
  while (performance.now() < deadline && !abandoned()) {
    try {
      if (await check()) {
        return { done: true, reason };
      }
    } catch (error) {
      reason = ` (${error instanceof Error ? error.message : String(error)})`;
    }
    await sleep(POLL_MILLISECONDS);
  }
  return { done: false, reason };
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
