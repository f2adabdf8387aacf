import { setTimeout as sleep } from "node:timers/promises";
import type { KubeConfig, RequestContext } from "@kubernetes/client-node";
import { ClusterError, noAnswer, refusal } from "./clusterError.ts";

/** How long and how often to try one request. */
export interface Patience {
  /** Longest wait for one answer, in milliseconds. */
  readonly deadline: number;
  /** How many more times after the first, when the API server is busy, restarting or away. */
  readonly retries: number;
}

/** For changes: an API server that restarts should not fail a deployment. At most 8 s of pauses. */
export const PATIENT: Patience = { deadline: 30_000, retries: 5 };

/** Longest pause that an API server may ask for, in milliseconds. */
const LONGEST_PAUSE = 30_000;

export interface ApiRequest {
  readonly method: "GET" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Whether a 409 may pass by itself, because the request names no version that it is about. */
  readonly repeatConflict?: boolean;
  /** For messages: what this is, e.g. `apply ServiceEntry istio-federation/bar`. */
  readonly operation: string;
}

type Dispatcher = ReturnType<RequestContext["getDispatcher"]>;

/** Requests to one API server over connections that are kept open, each with a deadline, repeated when that helps. */
export class Transport {
  /** For messages: `cluster context "cluster-a"`. */
  readonly where: string;
  private readonly config: KubeConfig;
  private readonly patience: Patience;
  private dispatcher: Dispatcher;

  constructor(config: KubeConfig, patience: Patience) {
    this.config = config;
    this.patience = patience;
    this.where = `cluster context ${JSON.stringify(config.getCurrentContext())}`;
  }

  /**
   * @returns the answer's JSON.
   * @throws ClusterError of the last attempt.
   */
  async request(request: ApiRequest): Promise<unknown> {
    const { default: pRetry } = await import("p-retry");
    return pRetry(() => this.attempt(request), {
      retries: this.patience.retries,
      minTimeout: 250,
      factor: 2,
      shouldRetry: ({ error }) => isPassing(error, request),
      onFailedAttempt: async ({ error, retriesLeft }) => {
        if (retriesLeft > 0 && isPassing(error, request)) await sleep(askedPause(error));
      },
    });
  }

  private async attempt({ method, path, query, headers, body, operation }: ApiRequest): Promise<unknown> {
    const { HttpMethod, IsomorphicFetchHttpLibrary, RequestContext } =
      await import("@kubernetes/client-node");
    const server = this.config.getCurrentCluster()?.server ?? "";
    const context = new RequestContext(`${server.replace(/\/$/, "")}${path}`, HttpMethod[method]);
    for (const [name, value] of Object.entries(query ?? {})) context.setQueryParam(name, value);
    for (const [name, value] of Object.entries({ accept: "application/json", ...headers })) {
      context.setHeaderParam(name, value);
    }
    if (body !== undefined) {
      if (headers?.["content-type"] === undefined) context.setHeaderParam("content-type", "application/json");
      context.setBody(JSON.stringify(body));
    }
    await this.authenticate(context, operation);
    const { deadline } = this.patience;
    context.setSignal(AbortSignal.timeout(deadline));
    let status: number, text: string, answered: Record<string, string>;
    try {
      const response = await new IsomorphicFetchHttpLibrary().send(context).toPromise();
      status = response.httpStatusCode;
      answered = response.headers;
      text = await response.body.text();
    } catch (error) {
      throw new ClusterError(this.where, noAnswer(operation, new URL(server).host, deadline, error));
    }
    if (status >= 300) throw new ClusterError(this.where, refusal(operation, status, text, answered));
    return JSON.parse(text);
  }

  /** Puts credentials on a request. The client makes a new connection pool for each: the first one is kept for all. */
  private async authenticate(
    context: Parameters<KubeConfig["applySecurityAuthentication"]>[0],
    operation: string,
  ): Promise<void> {
    try {
      await this.config.applySecurityAuthentication(context);
    } catch (error) {
      const cause = `no credentials: ${error instanceof Error ? error.message : "unknown reason"}`;
      throw new ClusterError(this.where, { operation, cause });
    }
    this.dispatcher ??= context.getDispatcher();
    if (this.dispatcher !== undefined) context.setDispatcher(this.dispatcher);
  }
}

/** Whether the same request may well succeed a little later. */
function isPassing(error: Error, { repeatConflict }: ApiRequest): boolean {
  if (!(error instanceof ClusterError)) return false;
  const { status = 0, unreachable, reasons } = error.failure;
  if (unreachable === true || status === 429 || status >= 500) return true;
  // A field that another manager holds stays held.
  return repeatConflict === true && status === 409 && reasons?.includes("FieldManagerConflict") !== true;
}

function askedPause(error: Error): number {
  const asked = error instanceof ClusterError ? (error.failure.retryAfter ?? 0) : 0;
  return Math.min(asked, LONGEST_PAUSE);
}
