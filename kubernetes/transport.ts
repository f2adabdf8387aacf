import { setTimeout as sleep } from "node:timers/promises";
import type PRetry from "p-retry";
import { withoutUndefined } from "../federation/core/order.ts";
import type { Dispatcher } from "undici";
import { withinDeadline } from "./connections.ts";
import { Credentials, type Login } from "./credentials.ts";
import {
  ClusterError,
  type ClusterFailure,
  type HttpResponse,
  connectionFailure,
  responseFailure,
} from "./errors.ts";
import type { KubeconfigName } from "./kubeconfig.ts";

/** Bounds of one request: how long an attempt may take, and how often it is repeated. */
export interface RetryPolicy {
  /** Longest wait for one whole response, in milliseconds. */
  readonly deadline: number;
  /** Attempts after the first, while the API server is busy, restarting or unreachable. */
  readonly retries: number;
  /** Time after the first attempt in which another one may begin, in milliseconds. @default 45,000 */
  readonly retryFor?: number;
  /** Whether a request that got no answer in time is repeated. @default true */
  readonly retryTimeouts?: boolean;
}

/** Policy for changes: an API server that restarts must not fail a deployment, one that hangs must not delay it for long. */
export const RETRY_CHANGES: RetryPolicy = { deadline: 30_000, retries: 10 };

const RETRY_FOR = 45_000;

/** Media type of requests and responses. */
export const JSON_TYPE = "application/json";

/** Backoff in milliseconds. Jitter of up to the double keeps requests which failed together from being repeated together. */
export const BACKOFF = { minTimeout: 250, factor: 2, maxTimeout: 8_000, randomize: true };

/** Longest `Retry-After` of an API server that is respected, in milliseconds. */
const LONGEST_RETRY_AFTER = 30_000;

export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Whether to repeat the request after a failure that is not retryable for every request. */
  readonly retryAlso?: (failure: ClusterFailure) => boolean;
  /** Verb and object for messages: `apply ServiceEntry istio-federation/bar`. */
  readonly operation: string;
}

/** Sends requests to one API server over connections that are kept open, each with a deadline and a retry policy. */
export class Transport {
  private readonly credentials: Credentials;
  private readonly policy: RetryPolicy;
  private readonly retry: typeof PRetry;

  private constructor(credentials: Credentials, policy: RetryPolicy, retry: typeof PRetry) {
    this.credentials = credentials;
    this.policy = policy;
    this.retry = retry;
  }

  /** @throws ClusterError when the kubeconfig does not lead to a cluster. */
  static async open(name: KubeconfigName, policy: RetryPolicy): Promise<Transport> {
    const credentials = await Credentials.load(name);
    // Loaded on demand, as a preview of imports makes no request; once, as an import for each of 10,000 requests would count.
    const { default: retry } = await import("p-retry");
    return new Transport(credentials, policy, retry);
  }

  /** Returns a transport with the same connections and another policy. */
  withPolicy(policy: RetryPolicy): Transport {
    return new Transport(this.credentials, policy, this.retry);
  }

  /** Context for messages: `cluster context "cluster-a"`. */
  get where(): string {
    return this.credentials.where;
  }

  /**
   * Sends a request, again while its policy allows it.
   * @returns the response's JSON.
   * @throws ClusterError of the last attempt.
   */
  async request(request: ApiRequest): Promise<unknown> {
    const { retries, retryFor = RETRY_FOR, retryTimeouts = true } = this.policy;
    const end = performance.now() + retryFor;
    return this.retry(() => this.attempt(request), {
      ...BACKOFF,
      retries,
      shouldRetry: async ({ error, retryDelay }) => {
        if (!(error instanceof ClusterError)) return false;
        const { retryable = false, retryAfter = 0, timedOut = false } = error.failure;
        if (timedOut && !retryTimeouts) return false;
        const pause = Math.min(retryAfter, LONGEST_RETRY_AFTER);
        const mayRetry = retryable || request.retryAlso?.(error.failure) === true;
        if (!mayRetry || performance.now() + pause + retryDelay >= end) return false;
        await sleep(pause);
        return true;
      },
    });
  }

  private async attempt(request: ApiRequest): Promise<unknown> {
    let login = await this.credentials.get();
    let response = await this.send(request, login);
    if (response.status === 401) {
      login = await this.credentials.renew(login);
      response = await this.send(request, login);
    }
    if (response.status >= 300) {
      const failure = responseFailure(request.operation, response, login.explainRefusal());
      throw new ClusterError(this.where, failure);
    }
    try {
      return JSON.parse(response.text);
    } catch {
      throw this.connectionError(request, login, new Error("the answer breaks off"));
    }
  }

  private async send(request: ApiRequest, login: Login): Promise<HttpResponse> {
    const { method, path, query = {}, body } = request;
    const { server } = this.credentials;
    const search = new URLSearchParams(query).toString();
    const options: Dispatcher.RequestOptions & { allowH2: boolean } = {
      origin: server.origin,
      path: `${server.pathname.replace(/\/$/, "")}${path}${search === "" ? "" : `?${search}`}`,
      method,
      headers: withoutUndefined({
        accept: JSON_TYPE,
        "content-type": body === undefined ? undefined : JSON_TYPE,
        ...request.headers,
        ...login.headers,
      }),
      body: body === undefined ? null : JSON.stringify(body),
      // By default undici closes the connection after a DELETE with a body.
      reset: false,
      // Under HTTP/2, no faster here, a connection that hangs would fail all requests instead of one.
      allowH2: false,
    };
    try {
      return await withinDeadline(this.policy.deadline, async (signal) => {
        const response = await login.dispatcher.request({ ...options, signal });
        return { status: response.statusCode, headers: response.headers, text: await response.body.text() };
      });
    } catch (error) {
      throw this.connectionError(request, login, error);
    }
  }

  private connectionError({ operation }: ApiRequest, login: Login, error: unknown): ClusterError {
    const { deadline } = this.policy;
    const failure = connectionFailure(operation, login.endpoint, deadline, error, login.explainRefusal());
    return new ClusterError(this.where, failure);
  }
}
