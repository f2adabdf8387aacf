import { Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { text } from "node:stream/consumers";
import { messageOf } from "../../../federation/core/text.ts";
import type { Connection } from "./connection.ts";
import type { Manifest } from "./manifest.ts";

const REACHABLE_SECONDS = 10;
const REQUEST_SECONDS = 32;

/** The API server's refusal of a request. */
export class ApiError extends Error {
  readonly code: number;
  readonly reason: string;

  constructor(code: number, reason: string, message: string) {
    super(message);
    this.name = "ApiError";
    this.code = code;
    this.reason = reason;
  }
}

/** Whether an error is the API server's answer with one of these codes. */
export function isApiError(error: unknown, ...codes: number[]): error is ApiError {
  return error instanceof ApiError && codes.includes(error.code);
}

/** One kind of objects, as the API server serves it. */
export interface ServedKind {
  readonly group: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** Path of one object, or without a name of all objects in the namespace. */
  path(namespace: string | undefined, name?: string): string;
}

export interface RequestExtras {
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly contentType?: string;
  /** Wanted form of the response. Default: the object. */
  readonly accept?: string;
}

/** Requests to one API server over shared connections. Objects pass unchanged: typed clients drop fields that they do not know. */
export class ClusterApi {
  readonly #connect: () => Connection;
  #connection: (Connection & { agent: HttpAgent }) | undefined;
  readonly #kinds = new Map<string, Promise<ServedKind | undefined>>();
  #unreachable: Promise<string | undefined> | undefined;

  /** @param connect reads the kubeconfig, once at the first request, so that a bad one makes the cluster unreachable. */
  constructor(connect: () => Connection) {
    this.#connect = connect;
  }

  /** The reason why the cluster cannot be reached; undefined if it can. Checked once. */
  unreachable(): Promise<string | undefined> {
    this.#unreachable ??= this.request("GET", "/version", {}, REACHABLE_SECONDS).then(
      () => undefined,
      messageOf,
    );
    return this.#unreachable;
  }

  /** The served kind; undefined where the API server has none, e.g. because its CRD is not there yet. */
  async kind(apiVersion: string, kind: string): Promise<ServedKind | undefined> {
    const key = `${apiVersion}/${kind}`;
    const found = this.#kinds.get(key) ?? this.#discover(apiVersion, kind);
    this.#kinds.set(key, found);
    const served = await found.catch((error: unknown) => {
      this.#kinds.delete(key);
      throw error;
    });
    if (served === undefined) this.#kinds.delete(key);
    return served;
  }

  async #discover(apiVersion: string, kind: string): Promise<ServedKind | undefined> {
    const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    try {
      const list = (await this.request("GET", root)) as unknown as {
        resources: { name: string; kind: string; namespaced: boolean }[];
      };
      const resource = list.resources.find(
        (candidate) => candidate.kind === kind && !candidate.name.includes("/"),
      );
      if (resource === undefined) return undefined;
      const { name: plural, namespaced } = resource;
      return {
        ...{ group: apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "", plural, namespaced },
        path: (namespace, name) =>
          [
            root,
            ...(namespaced ? ["namespaces", encodeURIComponent(namespace || "default")] : []),
            plural,
            ...(name === undefined ? [] : [encodeURIComponent(name)]),
          ].join("/"),
      };
    } catch (error) {
      if (isApiError(error, 404)) return undefined;
      throw error;
    }
  }

  /** Sends a request and returns the object. @throws ApiError on any status but success. */
  async request(
    method: string,
    path: string,
    { query = {}, body, contentType = "application/json", accept = "application/json" }: RequestExtras = {},
    seconds = REQUEST_SECONDS,
  ): Promise<Manifest> {
    const { server, token, agent } = this.#open();
    const url = new URL(server + path);
    url.search = new URLSearchParams(query).toString();
    const payload = body === undefined ? "" : JSON.stringify(body);
    const headers = {
      accept,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      // Node adds no length to a DELETE: the API server would take the body for the next request.
      ...(body === undefined
        ? {}
        : { "content-type": contentType, "content-length": Buffer.byteLength(payload) }),
    };
    const [code, answer] = await new Promise<[number, string]>((resolve, reject) => {
      const start = url.protocol === "http:" ? httpRequest : httpsRequest;
      const sent = start(url, { method, headers, agent, timeout: seconds * 1000 }, (response) => {
        text(response).then((content) => {
          resolve([response.statusCode ?? 0, content]);
        }, reject);
      });
      sent.on("timeout", () => sent.destroy(new Error(`no answer in ${seconds} s`)));
      sent.on("error", (error) => {
        reject(new Error(`${method} ${url.origin}${path}: ${error.message}`));
      });
      sent.end(payload);
    });
    return parse(code, answer);
  }

  #open(): Connection & { agent: HttpAgent } {
    if (this.#connection === undefined) {
      const connection = this.#connect();
      const { ca, cert, key, rejectUnauthorized } = connection;
      const isPlain = connection.server.startsWith("http:");
      const agent = isPlain
        ? new HttpAgent({ keepAlive: true })
        : new HttpsAgent({ keepAlive: true, ca, cert, key, rejectUnauthorized });
      this.#connection = { ...connection, agent };
    }
    return this.#connection;
  }
}

function parse(code: number, answer: string): Manifest {
  const success = code >= 200 && code < 300;
  try {
    const object = JSON.parse(answer) as Manifest & { reason?: string; message?: string };
    if (success) return object;
    throw new ApiError(code, object.reason ?? "", object.message ?? answer);
  } catch (error) {
    throw error instanceof ApiError ? error : new ApiError(code, "", answer.trim() || `status ${code}`);
  }
}
