import { ClusterError } from "../cluster/clusterError.ts";
import type { Progress } from "./progress.ts";

/** Requests in flight: more make an API server little faster, fewer would leave one idle that is far away. */
const CONCURRENCY = 32;

/** One write that is needed. */
export interface Write {
  /** Name of the entry. */
  readonly name: string;
  run(): Promise<void>;
}

/** A write that did not succeed. */
export interface Undone<W extends Write = Write> {
  readonly write: W;
  /** A sentence without its full stop; left out when it was not tried, as it would have failed like another one. */
  readonly reason?: string;
}

/**
 * Runs all writes, several at a time. When one fails for a reason that all would meet (no permission, the cluster is away),
 * the rest is not tried: each would wait for it anew.
 * @returns what did not succeed, in the order of the writes.
 */
export async function runWrites<W extends Write>(
  writes: readonly W[],
  progress: Progress,
): Promise<Undone<W>[]> {
  const { default: pMap } = await import("p-map");
  let stopped = false;
  const run = async (write: W): Promise<Undone<W>[]> => {
    if (stopped) return [{ write }];
    try {
      await write.run();
      progress.advance();
      return [];
    } catch (error) {
      // Whatever it is, what the other writes did must become known.
      stopped ||= !(error instanceof ClusterError) || error.failure.general === true;
      return [{ write, reason: error instanceof Error ? error.message : String(error) }];
    }
  };
  try {
    return (await pMap(writes, run, { concurrency: CONCURRENCY })).flat();
  } finally {
    progress.end();
  }
}
