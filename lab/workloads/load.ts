import { LabError, type Log } from "../progress.ts";
import { callService } from "./call.ts";
import { SERVICE_PORT, type Workload } from "./workload.ts";

/** Caller and called host. */
export interface Route {
  /** Read at each request: the caller may change. */
  readonly from: Pick<Workload, "address">;
  readonly host: string;
  /** Default: that of the services of a federation. */
  readonly port?: number;
}

/** Requests of a load that has ended. */
export interface LoadReport {
  readonly calls: number;
  /** Requests that the rate makes in the time of the load. */
  readonly due: number;
  /** One line for each request without a 200. */
  readonly failures: readonly string[];
}

/** Between two requests of a route, whether or not the first is answered: a longer interruption meets at least one. */
const INTERVAL_MILLISECONDS = 100;
/** Share of the requests at that rate that a busy machine has time for. */
export const LEAST_SHARE = 0.5;
/** Failed requests that an error quotes. */
const QUOTED_FAILURES = 10;

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
      const route = routes[this.#calls++ % routes.length];
      if (route === undefined) return;
      const call = this.#call(route).finally(() => this.#pending.delete(call));
      this.#pending.add(call);
    }, this.#interval);
  }

  /** Waits for the answers of the requests that are under way. */
  async settle(): Promise<void> {
    await Promise.all(this.#pending);
  }

  /** Ends the load and waits for the last answers. */
  async end(): Promise<LoadReport> {
    clearInterval(this.#timer);
    this.#end ??= performance.now();
    await Promise.all(this.#pending);
    const due = Math.floor((this.#end - this.#start) / this.#interval);
    return { calls: this.#calls, due, failures: this.#failures };
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

/**
 * Logs the result of a load.
 *
 * @param what was called: `local calls`.
 * @throws LabError when a request failed, or fewer were made than a busy machine has time for.
 */
export function expectAnswered({ calls, due, failures }: LoadReport, what: string, log: Log): void {
  log(`${failures.length} of ${calls} ${what} failed meanwhile`);
  if (failures.length > 0)
    throw new LabError(`${what} failed:\n  ${failures.slice(0, QUOTED_FAILURES).join("\n  ")}`);
  if (calls < due * LEAST_SHARE) throw new LabError(`only ${calls} of ${due} ${what} were made`);
}
