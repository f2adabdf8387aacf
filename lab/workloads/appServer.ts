/**
 * The app in the containers of the lab's workloads. It answers any request with what it knows of its caller, and makes
 * a request of its own when asked to by `/call`. Configured by environment, which Kubernetes' downward API fills:
 *
 * - `POD_IP`, `PORT`: where to listen. The sidecar's inbound listener has the service's port and forwards to this one.
 * - `SERVICE`: name to answer with, e.g. `bar.xyz`.
 * - `EGRESS_ADDRESS`: where the sidecar listens for outgoing requests, one listener per service port.
 * - `DNS_ADDRESS`: the sidecar's DNS proxy, as address:port.
 */
import { Resolver } from "node:dns/promises";
import { createServer, request, type IncomingMessage } from "node:http";
import { clientIdentity } from "./clientIdentity.ts";

/** What `/call` answers: the outcome of a request that the app made. */
export interface CallOutcome {
  /** HTTP status; 0 when there was no HTTP answer, and then `error` says why. */
  readonly status: number;
  readonly body: string;
  readonly latencyMs: number;
  /** What the sidecar's DNS proxy gives for the host; empty when it does not know it. */
  readonly addresses: readonly string[];
  readonly error?: string;
}

const { POD_IP = "127.0.0.1", PORT = "0", SERVICE = "", EGRESS_ADDRESS = "", DNS_ADDRESS = "" } = process.env;
const CALL_TIMEOUT_MILLISECONDS = 10_000;

const server = createServer((incoming, response) => {
  const url = new URL(incoming.url ?? "/", `http://${POD_IP}`);
  const answer = url.pathname === "/call" ? call(url.searchParams) : Promise.resolve(describe(incoming));
  void answer.then((body) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(`${JSON.stringify(body)}\n`);
  });
});
server.listen(Number(PORT), POD_IP);
process.once("SIGTERM", () => {
  server.close();
  server.closeAllConnections();
});

function describe(incoming: IncomingMessage) {
  const header = incoming.headers["x-forwarded-client-cert"];
  return {
    service: SERVICE,
    address: POD_IP,
    method: incoming.method,
    path: incoming.url,
    clientIdentity: clientIdentity(Array.isArray(header) ? header.join() : header),
  };
}

/**
 * Makes a request: `host`, `port`, `path` (default `/`) and `method` (default GET) say to whom and what, `via` (address:port) whereto it is sent instead of
 * to the sidecar.
 */
async function call(parameters: URLSearchParams): Promise<CallOutcome> {
  const host = parameters.get("host") ?? "";
  const port = parameters.get("port") ?? "80";
  const [address, connectPort] = (parameters.get("via") ?? `${EGRESS_ADDRESS}:${port}`).split(":");
  const addresses = await resolve(host);
  const start = performance.now();
  const elapsed = () => Math.round((performance.now() - start) * 10) / 10;
  return new Promise((settle) => {
    const outgoing = request(
      {
        host: address,
        port: Number(connectPort),
        path: parameters.get("path") ?? "/",
        method: parameters.get("method") ?? "GET",
        headers: { host: `${host}:${port}` },
        timeout: CALL_TIMEOUT_MILLISECONDS,
        agent: false,
      },
      (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (body += chunk));
        response.once("end", () => {
          settle({ status: response.statusCode ?? 0, body, latencyMs: elapsed(), addresses });
        });
      },
    );
    outgoing.once("timeout", () => outgoing.destroy(new Error("timed out")));
    outgoing.once("error", ({ message }) => {
      settle({ status: 0, body: "", latencyMs: elapsed(), addresses, error: message });
    });
    outgoing.end();
  });
}

async function resolve(host: string): Promise<string[]> {
  const resolver = new Resolver({ timeout: 1000, tries: 1 });
  resolver.setServers([DNS_ADDRESS]);
  return resolver.resolve4(host).catch(() => []);
}
