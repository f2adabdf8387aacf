import { setTimeout as sleep } from "node:timers/promises";
import type PRetry from "p-retry";
import type { Dispatcher } from "undici";
import { Credentials, type Login } from "./credentials.ts";
import {
  ClusterError,
  type ClusterFailure,
  type HttpResponse,
  TimeoutError,
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
  /** How long after the first attempt another one may begin, in milliseconds. @default 45,000 */
  readonly retryFor?: number;
}

/** Policy for changes: an API server that restarts must not fail a deployment, one that hangs must not delay it for long. */
export const RETRY_CHANGES: RetryPolicy = { deadline: 30_000, retries: 10 };

const RETRY_FOR = 45_000;

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
  private readonly server: URL;

  private constructor(credentials: Credentials, policy: RetryPolicy, retry: typeof PRetry) {
    this.credentials = credentials;
    this.policy = policy;
    this.retry = retry;
    this.server = new URL(credentials.server);
  }

  /** @throws ClusterError when the kubeconfig does not lead to a cluster. */
  static async open(name: KubeconfigName, policy: RetryPolicy): Promise<Transport> {
    // Loaded on demand, as a preview of imports makes no request; once, as an import for each of 10,000 requests would count.
    const { default: retry } = await import("p-retry");
    return new Transport(await Credentials.load(name), policy, retry);
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
    const { retries, retryFor = RETRY_FOR } = this.policy;
    const end = performance.now() + retryFor;
    return this.retry(() => this.attempt(request), {
      ...BACKOFF,
      retries,
      shouldRetry: async ({ error, retryDelay }) => {
        if (!(error instanceof ClusterError)) return false;
        const { retryable = false, retryAfter = 0 } = error.failure;
        const pause = Math.min(retryAfter, LONGEST_RETRY_AFTER);
        const mayRetry = retryable || request.retryAlso?.(error.failure) === true;
        if (!mayRetry || performance.now() + pause + retryDelay >= end) return false;
        await sleep(pause);
        return true;
      },
    });
  }

  private async attempt(request: ApiRequest): Promise<unknown> {
    const login = await this.credentials.get();
    let response = await this.send(request, login);
    if (response.status === 401) response = await this.send(request, await this.credentials.renew(login));
    if (response.status >= 300)
      throw new ClusterError(this.where, responseFailure(request.operation, response));
    try {
      return JSON.parse(response.text);
    } catch {
      throw this.connectionError(request, new Error("the answer breaks off"));
    }
  }

  private async send(request: ApiRequest, login: Login): Promise<HttpResponse> {
    const { method, path, query = {}, body } = request;
    const search = new URLSearchParams(query).toString();
    // AbortSignal.timeout would keep thousands of signals in memory until their deadlines.
    const deadline = new AbortController();
    const timer = setTimeout(() => {
      deadline.abort(new TimeoutError());
    }, this.policy.deadline);
    const options: Dispatcher.RequestOptions & { allowH2: boolean } = {
      origin: this.server.origin,
      path: `${this.server.pathname.replace(/\/$/, "")}${path}${search === "" ? "" : `?${search}`}`,
      method,
      headers: {
        accept: "application/json",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...request.headers,
        ...login.headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: deadline.signal,
      // By default undici closes the connection after a DELETE with a body.
      reset: false,
      // Under HTTP/2, no faster here, a connection that hangs would fail all requests instead of one.
      allowH2: false,
    };
    try {
      const { statusCode, headers, body: content } = await login.dispatcher.request(options);
      return { status: statusCode, headers, text: await content.text() };
    } catch (error) {
      throw this.connectionError(request, error);
    } finally {
      clearTimeout(timer);
    }
  }

  private connectionError({ operation }: ApiRequest, error: unknown): ClusterError {
    return new ClusterError(
      this.where,
      connectionFailure(operation, this.server.host, this.policy.deadline, error),
    );
  }
}
