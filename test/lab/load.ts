import assert from "node:assert/strict";
import { callService } from "../../lab/workloads/call.ts";
import { SERVICE_PORT, type Workload } from "../../lab/workloads/workload.ts";
import { log } from "./sharedLab.ts";

/** Who calls which host. */
export interface Route {
  readonly from: Pick<Workload, "address">;
  readonly host: string;
  /** Default: that of the services of a federation. */
  readonly port?: number;
}

/** Between two requests of a route, whether or not the first is answered: a longer interruption meets at least one. */
const INTERVAL_MILLISECONDS = 100;
/** Share of the requests at that rate that a busy machine has time for. */
const LEAST_SHARE = 0.5;

/** Requests on several routes, in turn and at a fixed rate, until the load is ended. */
export class Load {
  readonly #timer: NodeJS.Timeout;
  /** Between two requests, whatever their routes. */
  readonly #interval: number;
  readonly #start = performance.now();
  #end: number | undefined;
  readonly #pending = new Set<Promise<void>>();
  readonly #failures: string[] = [];
  #calls = 0;

  constructor(routes: readonly Route[]) {
    this.#interval = INTERVAL_MILLISECONDS / routes.length;
    this.#timer = setInterval(() => {
      const call = this.#call(routes[this.#calls++ % routes.length]!).finally(() =>
        this.#pending.delete(call),
      );
      this.#pending.add(call);
    }, this.#interval);
  }

  /** Ends the load and waits for the last answers. */
  async end(): Promise<void> {
    clearInterval(this.#timer);
    this.#end ??= performance.now();
    await Promise.all(this.#pending);
  }

  /**
   * Ends the load. Expects that each request got a 200, and that they were as many as the rate makes.
   * @param what happened meanwhile, for the log.
   */
  async expectUninterrupted(what: string): Promise<void> {
    await this.end();
    log(`${what}: ${this.#failures.length} of ${this.#calls} requests failed`);
    assert.deepEqual(this.#failures, []);
    const due = Math.floor(((this.#end ?? 0) - this.#start) / this.#interval);
    assert.ok(this.#calls >= due * LEAST_SHARE, `only ${this.#calls} of ${due} requests were made`);
  }

  /** A request without an answer fails, too: the calling app gives it up after 10 s. */
  async #call({ from, host, port = SERVICE_PORT }: Route): Promise<void> {
    const begun = new Date().toISOString();
    const { status, error } = await callService(from, host, port).catch((reason: unknown) => ({
      status: 0,
      error: String(reason),
    }));
    if (status !== 200) this.#failures.push(`${begun} ${host}: ${status} ${error ?? ""}`);
  }
}
