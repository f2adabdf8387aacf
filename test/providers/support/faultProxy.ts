import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Agent, type Server, createServer, request as httpsRequest } from "node:https";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { makeServerCertificate } from "../../support/testAuthority.ts";

/**
 * A fault of a request:
 * - `reset` breaks the connection before the API server sees the request, `resetAfter` after it handled it;
 * - `truncate` breaks the connection halfway through the answer, `cut` ends the answer there without an error;
 * - `hang` never answers, `hangInBody` stops halfway through the answer;
 * - a delay in milliseconds, or another answer.
 */
export type Fault =
  | "reset"
  | "resetAfter"
  | "truncate"
  | "cut"
  | "hang"
  | "hangInBody"
  | { delay: number }
  | { status: number; body?: unknown; headers?: Record<string, string> };

/** Decides for each request, by its method and its index among requests of that method. */
export type Rule = (method: string, index: number, path: string) => Fault | undefined;

/** A proxy before an API server: terminates TLS, forwards requests with their credentials, makes faults. */
export class FaultProxy {
  /** URL for a kubeconfig. */
  readonly url: string;
  /** PEM to trust it by. */
  readonly certificate: string;
  /** Number of requests with a fault. */
  faults = 0;
  /** `METHOD path`, of all requests since the last {@link inject}. */
  readonly requests: string[] = [];
  private readonly server: Server;
  private readonly agent: Agent;
  private readonly target: URL;
  private rule: Rule = () => undefined;
  private seen: Record<string, number> = {};

  private constructor(server: Server, certificate: string, target: URL, agent: Agent) {
    this.server = server;
    this.certificate = certificate;
    this.target = target;
    this.agent = agent;
    const { address, port } = server.address() as AddressInfo;
    this.url = `https://${address}:${port}`;
    server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      // Broken connections are reported by the client.
      void this.handle(request, response).catch(() => response.destroy());
    });
  }

  /**
   * @param target URL of the API server; the proxy listens on its address, at a port of its own.
   * @param certificateAuthority PEM to trust the API server by.
   */
  static async start(target: string, certificateAuthority: string): Promise<FaultProxy> {
    const { hostname } = new URL(target);
    const { cert, key } = await makeServerCertificate(hostname);
    const server = createServer({ cert, key }).listen(0, hostname);
    await once(server, "listening");
    const agent = new Agent({ ca: certificateAuthority, keepAlive: true });
    return new FaultProxy(server, cert, new URL(target), agent);
  }

  /** Makes faults from now on; counts requests from zero. */
  inject(rule: Rule): void {
    this.rule = rule;
    this.seen = {};
    this.faults = 0;
    this.requests.length = 0;
  }

  /** Makes no more faults. */
  heal(): void {
    this.inject(() => undefined);
  }

  /** Waits until that many writes more have arrived. */
  async writes(count: number): Promise<void> {
    const isWrite = (request: string): boolean => !request.startsWith("GET ");
    const before = this.requests.filter(isWrite).length;
    while (this.requests.filter(isWrite).length < before + count) await sleep(10);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    this.agent.destroy();
    await once(this.server, "close");
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url: path = "" } = request;
    const index = this.seen[method] ?? 0;
    this.seen[method] = index + 1;
    this.requests.push(`${method} ${path}`);
    const fault = this.rule(method, index, path);
    if (fault !== undefined) this.faults++;
    const body = await collect(request);
    if (typeof fault === "object" && "status" in fault) {
      response.writeHead(fault.status, { "content-type": "application/json", ...fault.headers });
      response.end(typeof fault.body === "string" ? fault.body : JSON.stringify(fault.body ?? {}));
      return;
    }
    if (typeof fault === "object") await sleep(fault.delay);
    if (fault === "hang") return;
    if (fault === "reset") {
      breakOff(response);
      return;
    }
    await this.answer(response, await this.passOn(request, body), fault);
  }

  /** Forwards the API server's answer, as far as the fault allows. */
  private async answer(
    response: ServerResponse,
    answer: IncomingMessage,
    fault: Fault | undefined,
  ): Promise<void> {
    const whole = await collect(answer);
    const half = whole.subarray(0, whole.length / 2);
    const isHalf = fault === "cut" || fault === "truncate" || fault === "hangInBody";
    if (fault !== "resetAfter") {
      const headers = {
        ...answer.headers,
        "content-length": String((fault === "cut" ? half : whole).length),
      };
      delete headers["transfer-encoding"];
      response.writeHead(answer.statusCode ?? 502, headers);
      response.write(isHalf ? half : whole);
    }
    if (fault === "resetAfter" || fault === "truncate") breakOff(response);
    else if (fault !== "hangInBody") response.end();
  }

  private async passOn(request: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
    const headers = { ...request.headers };
    delete headers.host;
    const { hostname, port } = this.target;
    const outgoing = httpsRequest({
      hostname,
      port,
      path: request.url,
      method: request.method,
      headers,
      agent: this.agent,
    });
    outgoing.end(body);
    const [answer] = (await once(outgoing, "response")) as [IncomingMessage];
    return answer;
  }
}

function breakOff(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

async function collect(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
