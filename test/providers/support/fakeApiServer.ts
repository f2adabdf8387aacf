import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type IncomingMessage, type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeContext } from "./kubeconfigFile.ts";

/** One answer to give; `hang` gives none. */
export type Answer = { status: number; body?: unknown; headers?: Record<string, string> } | "hang";

/** A secret that no message may ever show. */
export const TOKEN = "s3cr3t-t0k3n";

/** Answers as it is told, to try out what a real API server does seldom. */
export class FakeApiServer {
  /** `METHOD path?query`, in the order of arrival. */
  readonly requests: string[] = [];
  readonly kubeconfig: { path: string; context: string };
  /** TCP connections so far. */
  connections = 0;
  private readonly server: Server;
  private readonly folder: string;
  private answers: Answer[] = [];
  private choose: ((request: string) => Answer) | undefined;

  private constructor(server: Server, folder: string) {
    this.server = server;
    this.folder = folder;
    const { port } = server.address() as AddressInfo;
    const cluster = { server: `http://127.30.0.9:${port}`, "insecure-skip-tls-verify": true };
    this.kubeconfig = writeContext(join(folder, "kubeconfig"), "fake", cluster, { token: TOKEN });
    server.on("connection", () => this.connections++);
    server.on("request", (request: IncomingMessage, response) => {
      this.requests.push(`${request.method} ${request.url}`);
      request.resume();
      const next = this.answers.length > 1 ? this.answers.shift() : this.answers[0];
      const answer = this.choose?.(`${request.method} ${request.url}`) ?? next;
      if (answer === undefined || answer === "hang") return;
      response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers });
      response.end(JSON.stringify(answer.body ?? {}));
    });
  }

  static async start(): Promise<FakeApiServer> {
    const server = createServer().listen(0, "127.30.0.9");
    await once(server, "listening");
    return new FakeApiServer(server, mkdtempSync(join(tmpdir(), "istio-federation-fake-")));
  }

  /** Gives these answers one after the other, and the last one from then on. */
  answer(...answers: Answer[]): void {
    this.answers = answers;
    this.choose = undefined;
    this.requests.length = 0;
  }

  /** Answers each request by what it asks for (`METHOD path?query`), whichever comes first. */
  answerBy(choose: (request: string) => Answer): void {
    this.answer();
    this.choose = choose;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
    rmSync(this.folder, { recursive: true });
  }
}
