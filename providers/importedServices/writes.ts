import { count, firstNames, messageOf } from "../../federation/core/text.ts";
import { ClusterError } from "../../kubernetes/errors.ts";

/** Requests in flight: more make an API server little faster, fewer leave a distant one idle. */
const CONCURRENCY = 32;

/** Everything that an update has to write for one service. */
export interface Write {
  readonly host: string;
  /** Names of its objects that are not named by the host. */
  readonly objects: readonly string[];
  /** Whether the service becomes as declared; else it is removed. */
  readonly declares: boolean;
  readonly run: () => Promise<void>;
  /** Runs when `run` of all writes is over: what serves fewer clients must not keep another service from being written. */
  readonly finish: (() => Promise<void>) | undefined;
}

/** A service that is not as it is to be. */
export interface Failure {
  readonly host: string;
  /** Names of its objects that the reason may contain. */
  readonly objects: readonly string[];
  /** A sentence without its full stop; undefined for a write that was not tried. */
  readonly reason: string | undefined;
}

/** A write that did not succeed. */
export interface Undone extends Failure {
  readonly declares: boolean;
}

/**
 * Runs all writes, several at a time, and then finishes those that succeeded. After a failure that every write would meet (no
 * permission, the cluster is unreachable) the rest is not tried.
 * @returns the writes that did not succeed, in order.
 */
export async function runWrites(writes: readonly Write[], progress: Progress): Promise<Undone[]> {
  const { default: pMap } = await import("p-map");
  let stopped = false;
  const attempt = async (
    { host, objects, declares }: Write,
    step: () => Promise<void>,
  ): Promise<Undone | undefined> => {
    if (stopped) return { host, objects, declares, reason: undefined };
    try {
      await step();
      return undefined;
    } catch (error) {
      // Catches errors of any kind: the result of the other writes must be reported.
      stopped ||= !(error instanceof ClusterError) || error.failure.general === true;
      return { host, objects, declares, reason: messageOf(error) };
    }
  };
  const run = async (write: Write): Promise<Undone | undefined> => {
    const undone = await attempt(write, write.run);
    if (undone === undefined && write.finish === undefined) progress.advance();
    return undone;
  };
  const finish = async (write: Write, before: Undone | undefined): Promise<Undone | undefined> => {
    if (before !== undefined || write.finish === undefined) return before;
    const undone = await attempt(write, write.finish);
    if (undone === undefined) progress.advance();
    return undone;
  };
  try {
    const options = { concurrency: CONCURRENCY };
    const begun = await pMap(writes, run, options);
    const ended = await pMap(writes, (write, index) => finish(write, begun[index]), options);
    return ended.filter((undone) => undone !== undefined);
  } finally {
    progress.end();
  }
}

/** Milliseconds between two lines of progress. */
const INTERVAL = 10_000;

/** Logs the progress of long work now and then; short work stays silent. The engine shows what a provider prints. */
export class Progress {
  private readonly timer: NodeJS.Timeout;
  private done = 0;

  /**
   * @param describe the line without its line end, e.g. of ("2,000", "10,000"): `2,000 of 10,000 services written`.
   * @param total number of steps.
   * @param print takes a line. @default to standard output
   */
  constructor(
    describe: (done: string, total: string) => string,
    total: number,
    print = (line: string): void => void process.stdout.write(`${line}\n`),
  ) {
    this.timer = setInterval(() => {
      print(describe(count(this.done), count(total)));
    }, INTERVAL);
  }

  /** Counts one more step as done. */
  advance(): void {
    this.done++;
  }

  /** Stops the log. */
  end(): void {
    clearInterval(this.timer);
  }
}

/**
 * Formats what an update did not do: the sum first, then a sentence for each cause.
 * @param sum how much is done and how much is not, as a sentence without its full stop.
 * @param failures at least one.
 */
export function reportFailures(sum: string, failures: readonly Failure[]): string[] {
  const tried = failures.flatMap(({ reason, ...whose }) =>
    reason === undefined ? [] : [{ ...whose, reason }],
  );
  const left = failures.length - tried.length;
  const stopped = left === 0 ? "" : `. Stopped with ${count(left)} not tried, as they would fail alike`;
  return [`${sum}${stopped}. The next run resumes`, ...byCause(tried)];
}

/** One sentence for all failures with one cause: the first one's, and the other hosts. */
function byCause(failures: readonly (Failure & { reason: string })[]): string[] {
  const groups = new Map<string, { reason: string; others: string[] }>();
  for (const { host, objects, reason } of failures) {
    const cause = objects.reduce(withoutObject, reason.replaceAll(host, ""));
    const group = groups.get(cause);
    if (group === undefined) groups.set(cause, { reason, others: [] });
    else group.others.push(host);
  }
  return [...groups.values()].map(({ reason, others }) =>
    others.length === 0
      ? reason
      : `${reason} (the same for ${count(others.length)} more: ${firstNames(others)})`,
  );
}

/** Removes an object's name where it stands as one, as in `ns/bar` and `"bar"`: it may be part of a word elsewhere. */
function withoutObject(reason: string, object: string): string {
  return reason.replaceAll(new RegExp(`(?<=[/"])${object.replaceAll(".", "\\.")}(?![-\\w]|\\.\\w)`, "g"), "");
}
