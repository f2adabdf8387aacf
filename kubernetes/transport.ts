import { setTimeout as sleep } from "node:timers/promises";
import type PRetry from "p-retry";
import type { Dispatcher } from "undici";
import { Credentials, type Login } from "./credentials.ts";
import { ClusterError, type ClusterFailure, TimeoutError, noAnswer, type Answer, refusal } from "./errors.ts";
import type { KubeconfigName } from "./kubeconfig.ts";

/** How long and how often to try one request. */
export interface Patience {
  /** Longest wait for one whole answer, in milliseconds. */
  readonly deadline: number;
  /** How many more times after the first, when the API server is busy, restarting or away. */
  readonly retries: number;
  /** How long after the first attempt another one may begin, in milliseconds. @default 45,000 */
  readonly retryFor?: number;
}

/** For changes: an API server that restarts should not fail a deployment, one that hangs should not hold it up for long. */
export const PATIENT: Patience = { deadline: 30_000, retries: 10 };

const RETRY_FOR = 45_000;

/** Pauses between attempts, in milliseconds: doubled each time, and up to twice as long by chance, so that requests which failed together do not come back together. */
const PAUSES = { minTimeout: 250, factor: 2, maxTimeout: 8_000, randomize: true };

/** Longest pause that an API server may ask for, in milliseconds. */
const LONGEST_PAUSE = 30_000;

export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Record<string, string>;
  readonly headers?: Record<string, string>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** What may pass by itself here, besides what always may: an API server that is busy, restarting or away. */
  readonly mayPass?: (failure: ClusterFailure) => boolean;
  /** For messages: what this is, e.g. `apply ServiceEntry istio-federation/bar`. */
  readonly operation: string;
}

/** Requests to one API server over connections that are kept open, each with a deadline, repeated when that helps. */
export class Transport {
  private readonly credentials: Credentials;
  private readonly patience: Patience;
  private readonly retry: typeof PRetry;
  private readonly server: URL;

  private constructor(credentials: Credentials, patience: Patience, retry: typeof PRetry) {
    this.credentials = credentials;
    this.patience = patience;
    this.retry = retry;
    this.server = new URL(credentials.server);
  }

  /** @throws ClusterError when the kubeconfig does not lead to a cluster. */
  static async open(name: KubeconfigName, patience: Patience): Promise<Transport> {
    // On demand, as a preview needs none of it; once, as an import for each of 10,000 requests would count.
    const { default: retry } = await import("p-retry");
    return new Transport(await Credentials.load(name), patience, retry);
  }

  /** For messages: `cluster context "cluster-a"`. */
  get where(): string {
    return this.credentials.where;
  }

  /**
   * @returns the answer's JSON.
   * @throws ClusterError of the last attempt.
   */
  async request(request: ApiRequest): Promise<unknown> {
    const { retries, retryFor = RETRY_FOR } = this.patience;
    const end = performance.now() + retryFor;
    return this.retry(() => this.attempt(request), {
      ...PAUSES,
      retries,
      shouldRetry: async ({ error, retryDelay }) => {
        if (!(error instanceof ClusterError)) return false;
        const { passing = false, retryAfter = 0 } = error.failure;
        const pause = Math.min(retryAfter, LONGEST_PAUSE);
        const isWorthIt = passing || request.mayPass?.(error.failure) === true;
        if (!isWorthIt || performance.now() + pause + retryDelay >= end) return false;
        await sleep(pause);
        return true;
      },
    });
  }

  private async attempt(request: ApiRequest): Promise<unknown> {
    const login = await this.credentials.get();
    let answer = await this.send(request, login);
    if (answer.status === 401) answer = await this.send(request, await this.credentials.renew(login));
    if (answer.status >= 300) throw new ClusterError(this.where, refusal(request.operation, answer));
    try {
      return JSON.parse(answer.text);
    } catch {
      throw this.unanswered(request, new Error("the answer breaks off"));
    }
  }

  private async send(request: ApiRequest, login: Login): Promise<Answer> {
    const { method, path, query = {}, body } = request;
    const search = new URLSearchParams(query).toString();
    // Not AbortSignal.timeout: thousands of those would stay in memory until their time has come.
    const deadline = new AbortController();
    const timer = setTimeout(() => {
      deadline.abort(new TimeoutError());
    }, this.patience.deadline);
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
      // Else the connection is closed after a DELETE with a body.
      reset: false,
      // A hanging connection ends with the request on it; under HTTP/2, no faster here, it would take all of them along.
      allowH2: false,
    };
    try {
      const { statusCode, headers, body: answer } = await login.dispatcher.request(options);
      return { status: statusCode, headers, text: await answer.text() };
    } catch (error) {
      throw this.unanswered(request, error);
    } finally {
      clearTimeout(timer);
    }
  }

  private unanswered({ operation }: ApiRequest, error: unknown): ClusterError {
    return new ClusterError(this.where, noAnswer(operation, this.server.host, this.patience.deadline, error));
  }
}
