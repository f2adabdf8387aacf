import { setTimeout as sleep } from "node:timers/promises";
import { Pool } from "undici";
import { loadContext } from "../cluster/kubeconfig.ts";
import { LabError } from "../progress.ts";

/** One request to the API server. */
export interface ApiRequest {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Path and query. */
  readonly path: string;
  readonly body?: unknown;
  /** Media type of the body. Default: `application/json`. */
  readonly contentType?: string;
  /** Further accepted statuses besides success. */
  readonly accept?: readonly number[];
}

/** Bare client of one cluster's API server: kept-alive connections, no retries. */
export class ApiServer {
  readonly #pool: Pool;
  readonly #authorization: string;
  /** Time without writes of istiod after which it is at rest. */
  readonly quietSeconds: number;

  /** @param connections most requests in flight. */
  constructor(kubeconfig: string, context: string, connections: number, quietSeconds: number) {
    this.quietSeconds = quietSeconds;
    const config = loadContext(kubeconfig, context);
    const { server = "", caData = "" } = config.getCurrentCluster() ?? {};
    this.#pool = new Pool(server, { connections, connect: { ca: Buffer.from(caData, "base64") } });
    this.#authorization = `Bearer ${config.getCurrentUser()?.token ?? ""}`;
  }

  /**
   * @returns the answer's text.
   * @throws LabError with the status and the beginning of the answer.
   */
  async request({ method, path, body, contentType, accept = [] }: ApiRequest): Promise<string> {
    const answer = await this.#pool.request({
      method,
      path,
      headers: {
        authorization: this.#authorization,
        ...(body === undefined ? {} : { "content-type": contentType ?? "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    if (answer.statusCode < 300 || accept.includes(answer.statusCode)) return text;
    throw new LabError(`${method} ${path}: ${answer.statusCode} ${text.slice(0, 500)}`);
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }
}

/** Requests about ServiceEntries that the API server has answered since it started. */
export interface RequestCount {
  /** Changes of objects, without dry runs. */
  readonly writes: number;
  /** All but watches, dry runs included. */
  readonly requests: number;
  /** Writes to `status`, which are istiod's alone; in neither of the others. */
  readonly statusWrites: number;
}

const READS: ReadonlySet<string> = new Set(["GET", "LIST"]);
const METRIC = "apiserver_request_total{";

/** Reads the API server's own counters, which cost the requests counted nothing. */
export async function countRequests(api: ApiServer): Promise<RequestCount> {
  return parseRequestCount(await api.request({ method: "GET", path: "/metrics" }));
}

/** @param metrics in Prometheus' text format. */
export function parseRequestCount(metrics: string): RequestCount {
  const count = { writes: 0, requests: 0, statusWrites: 0 };
  for (const line of metrics.split("\n")) {
    if (!line.startsWith(METRIC) || !line.includes('resource="serviceentries"')) continue;
    const label = (name: string) => new RegExp(`[{,]${name}="([^"]*)"`).exec(line)?.[1] ?? "";
    const value = Number(line.slice(line.lastIndexOf(" ")));
    const verb = label("verb");
    if (verb === "WATCH") continue;
    if (label("subresource") === "status") count.statusWrites += value;
    else {
      count.requests += value;
      if (!READS.has(verb) && label("dry_run") === "") count.writes += value;
    }
  }
  return count;
}

/** Difference of two counts. */
export function between(
  before: RequestCount,
  after: RequestCount,
): Pick<RequestCount, "writes" | "requests"> {
  return { writes: after.writes - before.writes, requests: after.requests - before.requests };
}

/** Waits until istiod, which gives each new entry an address in its `status`, has no more of that to do. */
export async function istiodSettled(api: ApiServer): Promise<void> {
  const what = "what istiod wrote to ServiceEntries";
  await settled(what, async () => (await countRequests(api)).statusWrites, api.quietSeconds);
}

/** Time for which a figure has to stay the same before another one is measured. */
export const QUIET_SECONDS = 3;
/** Readings in that time. */
const READINGS = 3;
/** Longest wait. istiod gives 10,000 entries their addresses in about two minutes. */
const DEADLINE_SECONDS = 900;

/**
 * Reads a figure again and again until it stays the same for some seconds.
 *
 * @param what names the figure in the error.
 * @throws LabError when it still changes after 15 minutes.
 */
export async function settled(
  what: string,
  read: () => Promise<number>,
  quietSeconds: number,
): Promise<number> {
  const start = performance.now();
  const secondsSince = (time: number) => (performance.now() - time) / 1000;
  let value = await read();
  let changed = performance.now();
  while (secondsSince(changed) < quietSeconds) {
    if (secondsSince(start) > DEADLINE_SECONDS)
      throw new LabError(`${what} still changes after ${DEADLINE_SECONDS} s`);
    await sleep((quietSeconds * 1000) / READINGS);
    const now = await read();
    if (now !== value) changed = performance.now();
    value = now;
  }
  return value;
}
