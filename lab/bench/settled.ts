import { setTimeout as sleep } from "node:timers/promises";
import { LabError } from "../labError.ts";

/** How long a figure has to stay the same, and how often it is read. */
const QUIET_SECONDS = 3;
const POLL_SECONDS = 1;
/** Longest wait. istiod gives 10,000 entries their addresses in about two minutes. */
const DEADLINE_SECONDS = 900;

/**
 * Reads a figure again and again until it stays the same for three seconds.
 *
 * @param what names the figure in the error.
 * @throws LabError when it still changes after 15 minutes.
 */
export async function settled(what: string, read: () => Promise<number>): Promise<number> {
  const start = performance.now();
  const secondsSince = (time: number) => (performance.now() - time) / 1000;
  let value = await read();
  let changed = performance.now();
  while (secondsSince(changed) < QUIET_SECONDS) {
    if (secondsSince(start) > DEADLINE_SECONDS)
      throw new LabError(`${what} still changes after ${DEADLINE_SECONDS} s`);
    await sleep(POLL_SECONDS * 1000);
    const now = await read();
    if (now !== value) changed = performance.now();
    value = now;
  }
  return value;
}
