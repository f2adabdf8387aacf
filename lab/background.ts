import { fork } from "node:child_process";
import { appendFileSync, existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { messageOf } from "../federation/core/text.ts";
import { LAB_FOLDER, labPaths, readSession } from "./environment.ts";
import { prepareStacks } from "./federate.ts";
import { clearFolder, startLab, type RunningLab } from "./lab.ts";
import { pluginMode } from "./plugins/pluginPath.ts";
import { endGroup, identify } from "./process.ts";
import { createProgress, LabError, type Log } from "./progress.ts";
import type { Scenario } from "./scenarios.ts";

/** Message of the process that holds the lab to the process that started it. */
type Message = { line: string } | { ready: true } | { failure: string };

/** Progress of the process that holds the lab. */
const LOG_FILE = join(labPaths(LAB_FOLDER).logs, "lab.log");

/**
 * The lab of this checkout, started in a lasting process of its own if it does not run. A new lab has the workloads, and all stacks
 * before their first update.
 *
 * @param count number of clusters. Default: any; two for a new lab.
 * @throws LabError with the report of the lab's own process, or when the running lab has another number of clusters.
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

/** Runs the lab in this process until a signal ends it; for the process that {@link ensureLab} starts. */
export async function serveLab(scenario: Scenario): Promise<void> {
  const send = (message: Message) => process.connected && process.send?.(message);
  const write = (text: string) => {
    if (existsSync(dirname(LOG_FILE))) appendFileSync(LOG_FILE, text);
    send({ line: text });
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
    send({ ready: true });
  } catch (error) {
    send({ failure: messageOf(error) });
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
 * Ends a lab and removes its folder, also after the process that held it was killed.
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
