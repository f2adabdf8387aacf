/**
 * The app in the containers of the lab's workloads. It answers any request with its caller's identity, and `/call` makes it send a
 * request of its own. Environment:
 *
 * - `POD_IP`, `PORT`: listener, to which the sidecar's inbound listener forwards.
 * - `SERVICE`: name to answer with, e.g. `bar.xyz`.
 * - `EGRESS_ADDRESS`: address of the sidecar's listeners for outgoing requests, one per service port.
 * - `DNS_ADDRESS`: the sidecar's DNS proxy, as address:port.
 */
import { Resolver } from "node:dns/promises";
import { createServer, request, type IncomingMessage } from "node:http";
import { clientIdentity } from "./clientIdentity.ts";

/** Answer of `/call`: the outcome of a request that the app sent. */
export interface CallOutcome {
  /** HTTP status; 0 without an HTTP answer, for the reason in `error`. */
  readonly status: number;
  readonly body: string;
  readonly latencyMs: number;
  /** Addresses of the host from the sidecar's DNS proxy; empty when it is unknown there. */
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
 * Sends a request for `host`, `port`, `path` (default `/`) and `method` (default GET) to the sidecar, or to `via` (`address:port`).
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
