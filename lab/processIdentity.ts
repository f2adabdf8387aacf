import { readFileSync } from "node:fs";

/** A process as it can be told apart from a later one that got the same pid. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of `/proc/<pid>/stat`: clock ticks from boot to the start of the process. */
  readonly startTime: string;
}

/** Identity of a running process; undefined when there is none with that pid, or only its zombie. */
export function identify(pid: number): ProcessIdentity | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
  // The second field is the command in parentheses and may itself hold blanks and parentheses.
  const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const startTime = fields[18];
  return state === "Z" || startTime === undefined ? undefined : { pid, startTime };
}

/** Whether exactly this process still runs. */
export function isRunning(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startTime === identity.startTime;
}

/**
 * Ends a process and its process group: SIGTERM, then SIGKILL to whatever is left of the group.
 * Does nothing when the pid belongs to another process by now.
 *
 * @param graceSeconds time between the two signals.
 */
export async function endGroup(identity: ProcessIdentity, graceSeconds: number): Promise<void> {
  if (!isRunning(identity)) {
    return;
  }
  signalBoth(identity, "SIGTERM");
  const deadline = performance.now() + graceSeconds * 1000;
  while (isRunning(identity) && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  signalBoth(identity, "SIGKILL");
  while (isRunning(identity)) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Not every process leads a group: a demo that runs in a shell's does not. */
function signalBoth(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (isRunning(identity)) kill(identity.pid, signal);
  signalGroup(identity.pid, signal);
}

/** Signals a process group by its leader's pid; one that is gone already is no error. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  kill(-pid, signal);
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") {
      throw error;
    }
  }
}
