import { readFileSync, renameSync, writeFileSync } from "node:fs";
import type { LabCluster } from "./clusters.ts";
import { isRunning, type ProcessIdentity } from "./processIdentity.ts";
import { labPaths } from "./environment.ts";

/** What is written down about a lab, so that other shells can use it and end it. */
export interface Session {
  /** The process that holds the lab. */
  readonly holder: ProcessIdentity;
  /** Its range of loopback addresses: `LAB_RANGE` for other processes. */
  readonly range: number;
  readonly clusters: readonly LabCluster[];
  /** Variables for programs that work on the lab; absent until the lab is ready. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Writes the session of a lab, at once or not at all. */
export function writeSession(dir: string, session: Session): void {
  const file = labPaths(dir).session;
  writeFileSync(`${file}.new`, `${JSON.stringify(session, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** The session of the lab in a folder; undefined when its holder does not run (any more). */
export function readSession(dir: string): Session | undefined {
  let session: Session;
  try {
    session = JSON.parse(readFileSync(labPaths(dir).session, "utf8")) as Session;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return undefined;
    }
    throw error;
  }
  return isRunning(session.holder) ? session : undefined;
}
