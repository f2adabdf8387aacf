import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { LabError } from "./progress.ts";

/** A program of the lab to start. */
export interface ProcessSpec {
  /** Unique within the lab, e.g. `cluster-a/etcd`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The program's whole environment; default: this process's own. */
  readonly env?: Readonly<NodeJS.ProcessEnv>;
  /** Working directory; default: this process's own. */
  readonly cwd?: string;
  /** File that receives standard output and error; its folder is made. Appended to. */
  readonly log: string;
}

/** A running (or ended) program of the lab. */
export interface LabProcess {
  readonly name: string;
  readonly pid: number;
  readonly log: string;
  /** Settles at the program's end: `exit code 1`, `signal SIGKILL`. */
  readonly exited: Promise<string>;
  /** The program's end as in `exited`; undefined while it runs. */
  readonly ended: string | undefined;
  /** Ends the program and what it started: SIGTERM, after `graceSeconds` (default 10) SIGKILL. */
  stop(graceSeconds?: number): Promise<void>;
}

/**
 * The programs that this process runs for the lab. A file records them, so that another shell can end them after this process was
 * killed; at a normal exit the running ones are killed.
 */
export class ProcessTable {
  readonly #file: string;
  readonly #running = new Map<string, { process: LabProcess; identity: ProcessIdentity }>();

  /** @param file path of the record, e.g. `.lab/processes.json`; its folder is made. */
  constructor(file: string) {
    this.#file = file;
    mkdirSync(dirname(file), { recursive: true });
  }

  /** Starts a program in a process group of its own, so that Ctrl-C in the terminal does not end it before its time. */
  async start(spec: ProcessSpec): Promise<LabProcess> {
    mkdirSync(dirname(spec.log), { recursive: true });
    const log = openSync(spec.log, "a", 0o600);
    const child = spawn(spec.command, spec.args, {
      detached: true,
      stdio: ["ignore", log, log],
      env: spec.env ?? process.env,
      ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
    });
    closeSync(log);
    const exited = new Promise<string>((resolve) => {
      child.once("exit", (code, signal) => {
        resolve(signal === null ? `exit code ${code}` : `signal ${signal}`);
      });
    });
    await once(child, "spawn").catch((cause: unknown) => {
      throw new LabError(`${spec.name} cannot be started: ${String(cause)}`, { cause });
    });
    const { pid = 0 } = child;
    const identity = identify(pid) ?? { pid, startTime: "" };
    let ended: string | undefined;
    const started: LabProcess = {
      name: spec.name,
      pid,
      log: spec.log,
      exited,
      get ended() {
        return ended;
      },
      stop: async (graceSeconds = 10) => {
        await endGroup(identity, graceSeconds);
        await exited;
      },
    };
    if (this.#running.size === 0) process.on("exit", this.#killAll);
    this.#running.set(spec.name, { process: started, identity });
    this.#record();
    void exited.then((how) => {
      ended = how;
      // Helpers, as the Envoy of a pilot-agent, must not outlive the program.
      signalGroup(pid, "SIGKILL");
      this.#running.delete(spec.name);
      if (this.#running.size === 0) process.off("exit", this.#killAll);
      this.#record();
    });
    return started;
  }

  /** Ends all programs at once. */
  async stopAll(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ process }) => process.stop()));
  }

  readonly #killAll = (): void => {
    for (const { identity } of this.#running.values()) signalGroup(identity.pid, "SIGKILL");
  };

  #record(): void {
    const records = [...this.#running].map(([name, { identity }]) => ({ name, ...identity }));
    writeRecord(this.#file, records);
  }
}

/**
 * Ends the programs that a dead lab left behind.
 *
 * @param file record written by a {@link ProcessTable}; a missing one means none.
 * @returns the names of those that were still running. A pid that another program has by now is left alone.
 */
export async function endRecorded(file: string): Promise<string[]> {
  const records = ((readRecord(file) ?? []) as (ProcessIdentity & { name: string })[]).filter(isRunning);
  await Promise.all(records.map((record) => endGroup(record, 10)));
  return records.map((record) => record.name).sort();
}

/** Reads a JSON file of the lab; undefined when there is none. */
export function readRecord(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Writes a JSON file atomically, readable by the owner only. */
export function writeRecord(file: string, record: unknown): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** Identity of a process, distinct from a later process with the same pid. */
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
 * Leaves a later process with the same pid alone.
 *
 * @param graceSeconds time between the two signals.
 */
export async function endGroup(identity: ProcessIdentity, graceSeconds: number): Promise<void> {
  if (!isRunning(identity)) return;
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

/** Signals process and group: a demo in a shell's group leads none. */
function signalBoth(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  if (isRunning(identity)) kill(identity.pid, signal);
  signalGroup(identity.pid, signal);
}

/** Signals a process group by its leader's pid, if there is one. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  kill(-pid, signal);
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
