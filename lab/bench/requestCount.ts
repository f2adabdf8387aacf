import type { ApiServer } from "./apiServer.ts";
import { settled } from "./settled.ts";

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

/** What was counted in between. */
export function between(
  before: RequestCount,
  after: RequestCount,
): Pick<RequestCount, "writes" | "requests"> {
  return { writes: after.writes - before.writes, requests: after.requests - before.requests };
}

/** Waits until istiod, which gives each new entry an address in its `status`, has no more of that to do. */
export async function istiodSettled(api: ApiServer): Promise<void> {
  await settled("what istiod wrote to ServiceEntries", async () => (await countRequests(api)).statusWrites);
}
