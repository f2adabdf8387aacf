/** Takes one line of progress, without a line end. */
export type Log = (line: string) => void;

/** Interval of the message that a step is still running. */
const HEARTBEAT_SECONDS = 15;

/**
 * Creates a log whose lines have the time of day and the seconds since this call: `07:41:02 +12.3s etcd is ready`.
 *
 * @param write takes whole lines with their line end. Default: standard output.
 */
export function createProgress(write: (text: string) => void = (text) => process.stdout.write(text)): Log {
  const start = performance.now();
  return (line) => {
    const time = new Date().toTimeString().slice(0, 8);
    write(`${time} ${`+${secondsSince(start)}s`.padStart(8)} ${line}\n`);
  };
}

/**
 * Runs one long step and logs its start, its duration, and every 15 s that it is still running.
 *
 * @param title phrase: `building 7 tools with Go`.
 * @returns the result of `work`.
 */
export async function step<T>(log: Log, title: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  log(`${title} ...`);
  const heartbeat = setInterval(() => {
    log(`${title}: still running after ${secondsSince(start)} s`);
  }, HEARTBEAT_SECONDS * 1000);
  try {
    const result = await work();
    log(`${title}: done in ${secondsSince(start)} s`);
    return result;
  } catch (error) {
    log(`${title}: FAILED after ${secondsSince(start)} s`);
    throw error;
  } finally {
    clearInterval(heartbeat);
  }
}

/** Seconds since a `performance.now()`, with one decimal. */
function secondsSince(start: number): string {
  return ((performance.now() - start) / 1000).toFixed(1);
}

/** A failure that a person can act on: shown without a stack trace. */
export class LabError extends Error {
  override readonly name = "LabError";
}
