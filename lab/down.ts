import { clearFolder } from "./lab.ts";
import { LabError } from "./labError.ts";
import { endGroup } from "./processIdentity.ts";
import type { Log } from "./progress.ts";
import { readSession } from "./session.ts";

/** Time for the lab's process to end its programs. */
const GRACE_SECONDS = 30;

/**
 * Ends a lab, whichever shell started it and whether or not the process that held it still lives, and removes its folder.
 *
 * @param dir the lab's folder, absolute.
 */
export async function takeDown(dir: string, log: Log): Promise<void> {
  const session = readSession(dir);
  if (session !== undefined) {
    if (session.holder.pid === process.pid) throw new LabError("a lab cannot take itself down");
    log(`ending the lab in ${dir} (process ${session.holder.pid})`);
    await endGroup(session.holder, GRACE_SECONDS);
  }
  await clearFolder(dir, log);
  log(`${dir} is removed`);
}
