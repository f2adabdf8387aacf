import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type IncomingMessage, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClusterClient } from "../../../kubernetes/client.ts";
import { writeContext } from "./kubeconfigFile.ts";

/** One answer; `hang` never answers. */
export type Answer = { status: number; body?: unknown; headers?: Record<string, string> } | "hang";

/** A secret that no message may ever show. */
export const TOKEN = "s3cr3t-t0k3n";

/** Gives the answers that a test sets, among them those that a real API server gives seldom. */
export class FakeApiServer {
  /** `METHOD path?query`, in the order of arrival. */
  readonly requests: string[] = [];
  /** TCP connections so far. */
  connections = 0;
  private readonly server = createServer();
  private access: { folder: string; kubeconfig: { path: string; context: string } } | undefined;
  private answers: Answer[] = [];
  private choose: ((request: string) => Answer) | undefined;

  async start(): Promise<this> {
    const { server } = this;
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
    await once(server.listen(0, "127.30.0.9"), "listening");
    const { port } = server.address() as AddressInfo;
    const cluster = { server: `http://127.30.0.9:${port}`, "insecure-skip-tls-verify": true };
    const folder = mkdtempSync(join(tmpdir(), "istio-federation-fake-"));
    const kubeconfig = writeContext(join(folder, "kubeconfig"), "fake", cluster, { token: TOKEN });
    this.access = { folder, kubeconfig };
    return this;
  }

  get kubeconfig(): { path: string; context: string } {
    return this.access?.kubeconfig ?? assert.fail("the fake API server was not started");
  }

  /** A client that gives up on a request after 300 ms. */
  connect(retries = 0): Promise<ClusterClient> {
    return ClusterClient.connect(this.kubeconfig, { deadline: 300, retries });
  }

  /** Gives these answers one after the other, and the last one from then on. */
  answer(...answers: Answer[]): void {
    this.answers = answers;
    this.choose = undefined;
    this.requests.length = 0;
  }

  /** Answers each request by its `METHOD path?query`. */
  answerBy(choose: (request: string) => Answer): void {
    this.answer();
    this.choose = choose;
  }

  /** Returns verb and plural of the writes so far. */
  writes(): string[] {
    return this.requests.flatMap((request) => {
      const [, verb, plural] = /^(PATCH|DELETE) .*\/(\w+)\/[^/]+$/.exec(request) ?? [];
      return verb === undefined ? [] : [`${verb} ${plural}`];
    });
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
    if (this.access !== undefined) rmSync(this.access.folder, { recursive: true });
  }
}

/** The answer for a missing object. */
export const NOT_FOUND: Answer = {
  status: 404,
  body: { kind: "Status", reason: "NotFound", details: { kind: "x" } },
};

/** The answer to a user without the permission. */
export const FORBIDDEN: Answer = {
  status: 403,
  body: { kind: "Status", reason: "Forbidden", message: "User cannot list" },
};

/** Returns the answer with this object, or {@link NOT_FOUND} if undefined. */
export function objectOrNotFound(object: unknown): Answer {
  return object === undefined ? NOT_FOUND : { status: 200, body: object };
}

/** A fake API server that is started before the tests of a `describe`, and stopped after them. */
export function fakeApiServer(): FakeApiServer {
  const server = new FakeApiServer();
  before(() => server.start());
  after(() => {
    server.stop();
  });
  return server;
}

/** Returns the only page of a list, which is also valid as an empty object. */
export function listOf(items: unknown[]): Answer {
  return { status: 200, body: { metadata: {}, items } };
}
