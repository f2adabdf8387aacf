import { ClusterError } from "../../kubernetes/errors.ts";
import type { Progress } from "./progress.ts";

/** Requests in flight: more make an API server little faster, fewer would leave one idle that is far away. */
const CONCURRENCY = 32;

/** One write that is needed. */
export interface Write {
  /** Name of the entry. */
  readonly name: string;
  /** Other names that its objects have. */
  readonly objects?: readonly string[];
  run(): Promise<void>;
  /** What is left to do when `run` of all writes is over: what matters less, and must not keep any of these from being tried. */
  finish?(): Promise<void>;
}

/** A write that did not succeed. */
export interface Undone<W extends Write = Write> {
  readonly write: W;
  /** A sentence without its full stop; left out when it was not tried, as it would have failed like another one. */
  readonly reason?: string;
}

/**
 * Runs all writes, several at a time, and then finishes those that succeeded. When one fails for a reason that all would meet (no
 * permission, the cluster is away), the rest is not tried: each would wait for it anew.
 * @returns what did not succeed, in the order of the writes.
 */
export async function runWrites<W extends Write>(
  writes: readonly W[],
  progress: Progress,
): Promise<Undone<W>[]> {
  const { default: pMap } = await import("p-map");
  let stopped = false;
  const attempt = async (write: W, step: () => Promise<void>): Promise<Undone<W> | undefined> => {
    if (stopped) return { write };
    try {
      await step();
      return undefined;
    } catch (error) {
      // Whatever it is, what the other writes did must become known.
      stopped ||= !(error instanceof ClusterError) || error.failure.general === true;
      return { write, reason: error instanceof Error ? error.message : String(error) };
    }
  };
  const run = async (write: W): Promise<Undone<W> | undefined> => {
    const undone = await attempt(write, () => write.run());
    if (undone === undefined && write.finish === undefined) progress.advance();
    return undone;
  };
  const finish = async (write: W, before: Undone<W> | undefined): Promise<Undone<W> | undefined> => {
    if (before !== undefined || write.finish === undefined) return before;
    const undone = await attempt(write, async () => write.finish?.());
    if (undone === undefined) progress.advance();
    return undone;
  };
  try {
    const begun = await pMap(writes, run, { concurrency: CONCURRENCY });
    const options = { concurrency: CONCURRENCY };
    const ended = await pMap(writes, (write, index) => finish(write, begun[index]), options);
    return ended.filter((undone) => undone !== undefined);
  } finally {
    progress.end();
  }
}
