import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { V1Container, V1ContainerState, V1Probe } from "@kubernetes/client-node";
import { Agent, request } from "undici";
import { messageOf } from "../../federation/core/text.ts";
import type { LabProcess, ProcessSpec, ProcessTable } from "../process.ts";
import type { ContainerReport } from "./podWorker.ts";

const FIRST_BACKOFF_SECONDS = 1;
const LONGEST_BACKOFF_SECONDS = 30;
/** A container that ran this long starts again without delay. */
const STEADY_SECONDS = 60;

/** A container to run: its process and readiness probe. */
export interface ContainerSpec {
  readonly container: V1Container;
  /** A native sidecar: in the Pod's init containers. */
  readonly init: boolean;
  readonly process: ProcessSpec;
  readonly readinessProbe: V1Probe | undefined;
  readonly podIP: string;
}

/** Runs one container: restarts it with back-off when it ends, and probes its readiness. */
export class Container {
  readonly #spec: ContainerSpec;
  readonly #processes: ProcessTable;
  readonly #changed: (event: string) => void;
  readonly #stopping = new AbortController();
  /** Aborted to probe at once. */
  #pause = new AbortController();
  #process: LabProcess | undefined;
  #state: V1ContainerState = { waiting: { reason: "ContainerCreating" } };
  #ready = false;
  #restarts = 0;
  #done: Promise<void> | undefined;

  /** @param changed called when the report changes, with the event for the log. */
  constructor(spec: ContainerSpec, processes: ProcessTable, changed: (event: string) => void) {
    this.#spec = spec;
    this.#processes = processes;
    this.#changed = changed;
  }

  /** Starts the container; returns at once. */
  start(): void {
    this.#done ??= Promise.all([this.#run(), this.#watchReadiness()]).then(() => undefined);
  }

  /** Ends the container for good: SIGTERM, after the grace period SIGKILL. */
  async stop(graceSeconds: number): Promise<void> {
    this.#stopping.abort();
    await this.#process?.stop(graceSeconds);
    await this.#done;
  }

  get report(): ContainerReport {
    const { container, init } = this.#spec;
    return { container, init, state: this.#state, ready: this.#ready, restarts: this.#restarts };
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #run(): Promise<void> {
    let backoff = FIRST_BACKOFF_SECONDS;
    while (!this.#isStopping()) {
      const started = Date.now();
      const how = await this.#runOnce();
      if (this.#isStopping()) return;
      if (Date.now() - started > STEADY_SECONDS * 1000) backoff = FIRST_BACKOFF_SECONDS;
      this.#ready = false;
      this.#pause.abort();
      this.#state = { waiting: { reason: "CrashLoopBackOff", message: `ended with ${how}` } };
      this.#changed(`ended with ${how}, starts again in ${backoff} s; see ${this.#spec.process.log}`);
      await sleep(backoff * 1000, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      backoff = Math.min(backoff * 2, LONGEST_BACKOFF_SECONDS);
      this.#restarts++;
    }
  }

  async #runOnce(): Promise<string> {
    try {
      this.#process = await this.#processes.start(this.#spec.process);
    } catch (error) {
      return messageOf(error);
    }
    // stop() may have come while the process was being started.
    if (this.#isStopping()) await this.#process.stop();
    this.#state = { running: { startedAt: new Date() } };
    this.#changed("started");
    return this.#process.exited;
  }

  async #watchReadiness(): Promise<void> {
    const { container, readinessProbe, podIP } = this.#spec;
    const { initialDelaySeconds = 0, periodSeconds = 1 } = readinessProbe ?? {};
    const { signal } = this.#stopping;
    const pause = (seconds: number) => {
      this.#pause = new AbortController();
      const ends = AbortSignal.any([signal, this.#pause.signal]);
      return sleep(seconds * 1000, undefined, { signal: ends }).catch(() => undefined);
    };
    await pause(initialDelaySeconds);
    while (!this.#isStopping()) {
      const answers = await probe(container, readinessProbe, podIP);
      // After the answer, which may be that of a process that has ended since.
      const ready = answers && this.#state.running !== undefined;
      if (ready !== this.#ready && !this.#isStopping()) {
        this.#ready = ready;
        this.#changed(ready ? "ready" : "not ready");
      }
      // Probed more often than its probe requires until it is ready: people wait for it.
      await pause(ready ? periodSeconds : Math.min(periodSeconds, 1));
    }
  }
}

/**
 * Runs a container's readiness probe once: `httpGet` (200 to 399) or `tcpSocket`. Without a probe, or with one of another kind, the
 * container counts as ready.
 *
 * @param container to look up ports by name.
 * @param podIP where the container listens.
 */
export async function probe(
  container: V1Container,
  check: V1Probe | undefined,
  podIP: string,
): Promise<boolean> {
  const timeout = (check?.timeoutSeconds ?? 1) * 1000;
  try {
    if (check?.httpGet) {
      const { host = podIP, path = "/", port, scheme = "HTTP", httpHeaders = [] } = check.httpGet;
      const url = `${scheme.toLowerCase()}://${host}:${portNumber(container, port)}${path}`;
      const headers = Object.fromEntries(httpHeaders.map(({ name, value }) => [name, value]));
      // A signal with a timeout would take half as much CPU again.
      const timeouts = { headersTimeout: timeout, bodyTimeout: timeout };
      const { statusCode, body } = await request(url, { headers, ...timeouts, dispatcher: ANY_SERVER });
      await body.dump();
      return statusCode >= 200 && statusCode < 400;
    }
    if (check?.tcpSocket) {
      const { host = podIP, port } = check.tcpSocket;
      const socket = connect({ host, port: portNumber(container, port) });
      socket.setTimeout(timeout, () => socket.destroy(new Error("timeout")));
      await once(socket, "connect").finally(() => socket.destroy());
    }
    return true;
  } catch {
    return false;
  }
}

/** Connections of probes, kept open and with any certificate: a new one for each probe takes twice the CPU. */
const ANY_SERVER = new Agent({ connect: { rejectUnauthorized: false, timeout: 1000 } });

function portNumber(container: V1Container, port: number | string): number {
  if (typeof port === "number") return port;
  return container.ports?.find(({ name }) => name === port)?.containerPort ?? Number(port);
}
