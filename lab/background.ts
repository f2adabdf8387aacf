import { fork } from "node:child_process";
import { appendFileSync, existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { LAB_FOLDER, labPaths, readSession } from "./environment.ts";
import { prepareStacks } from "./federate.ts";
import { clearFolder, startLab, type RunningLab } from "./lab.ts";
import { pluginMode } from "./plugins/pluginPath.ts";
import { endGroup, identify } from "./process.ts";
import { createProgress, LabError, type Log } from "./progress.ts";
import type { Scenario } from "./scenarios.ts";

/** What the process that holds the lab tells the one which started it. */
type Message = { line: string } | { ready: true } | { failure: string };

/** Progress of the process that holds the lab, during its whole life. */
const LOG_FILE = join(labPaths(LAB_FOLDER).logs, "lab.log");

/**
 * The lab of this checkout; started in a process of its own, which stays, when it does not run. A started one has the
 * workloads and all stacks, none of them updated yet.
 *
 * @param count of its clusters. Default: those that it has; of one that is started, two.
 * @throws LabError with what the lab's own process reported, or when the lab that runs has another number of clusters.
 */
export async function ensureLab(log: Log, count?: number): Promise<RunningLab> {
  const running = readSession(LAB_FOLDER);
  if (running === undefined)
    await startInBackground(log, count === undefined ? [] : ["--clusters", String(count)]);
  const { environment, clusters = [] } = readSession(LAB_FOLDER) ?? {};
  if (count !== undefined && clusters.length !== count) {
    throw new LabError(
      `the lab in ${LAB_FOLDER} runs with ${clusters.length} clusters; end it by \`down\` first`,
    );
  }
  if (environment === undefined) {
    throw new LabError(
      `the lab in ${LAB_FOLDER} is being started by another shell; wait for that, or end it by \`down\``,
    );
  }
  return { dir: LAB_FOLDER, clusters, kubeconfig: labPaths(LAB_FOLDER).kubeconfig, environment };
}

/** Runs the lab in this process until it is ended by a signal; for the process that {@link ensureLab} starts. */
export async function serveLab(scenario: Scenario): Promise<void> {
  const tell = (message: Message) => process.connected && process.send?.(message);
  const write = (text: string) => {
    if (existsSync(dirname(LOG_FILE))) appendFileSync(LOG_FILE, text);
    tell({ line: text });
  };
  process.on("uncaughtExceptionMonitor", (error) => {
    write(`${error.stack}\n`);
  });
  try {
    const log = createProgress(write);
    await startLab({
      dir: LAB_FOLDER,
      log,
      scenario,
      plugins: pluginMode(process.env["LAB_PLUGINS"]),
      prepare: (lab) => prepareStacks(lab, log),
    });
    tell({ ready: true });
  } catch (error) {
    tell({ failure: error instanceof Error ? error.message : String(error) });
    throw error;
  }
}

async function startInBackground(log: Log, options: readonly string[]): Promise<void> {
  const server = fork(join(import.meta.dirname, "main.ts"), ["serve", ...options], {
    detached: true,
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const identity = identify(server.pid ?? 0);
  const interrupt = () => {
    log("interrupted; ending the lab");
    void Promise.resolve(identity && endGroup(identity, 30)).finally(() => process.exit(130));
  };
  process.once("SIGINT", interrupt).once("SIGTERM", interrupt);
  let failure = `the lab's process ended; its log: ${LOG_FILE}`;
  const ready = new Promise<boolean>((resolve) => {
    server.on("message", (message: Message) => {
      if ("line" in message) process.stdout.write(message.line);
      else if ("ready" in message) resolve(true);
      else failure = message.failure;
    });
    server.once("exit", () => {
      resolve(false);
    });
  });
  if (!(await ready)) throw new LabError(failure);
  process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  server.disconnect();
  server.unref();
}

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
