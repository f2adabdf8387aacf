import { Pool } from "undici";
import { loadContext } from "../cluster/kubeconfig.ts";
import { LabError } from "../labError.ts";

/** One request to the API server. */
export interface ApiRequest {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** Path and query. */
  readonly path: string;
  readonly body?: unknown;
  /** Of the body. Default: `application/json`. */
  readonly contentType?: string;
  /** Statuses besides success that are as good. Default: none. */
  readonly accept?: readonly number[];
}

/** The API server of one cluster with nothing in between: kept-alive connections, no retries. */
export class ApiServer {
  readonly #pool: Pool;
  readonly #authorization: string;

  /** @param connections most requests in flight. */
  constructor(kubeconfig: string, context: string, connections: number) {
    const config = loadContext(kubeconfig, context);
    const { server = "", caData = "" } = config.getCurrentCluster() ?? {};
    this.#pool = new Pool(server, { connections, connect: { ca: Buffer.from(caData, "base64") } });
    this.#authorization = `Bearer ${config.getCurrentUser()?.token ?? ""}`;
  }

  /**
   * @returns the answer's text.
   * @throws LabError with the status and the beginning of the answer.
   */
  async request({ method, path, body, contentType, accept = [] }: ApiRequest): Promise<string> {
    const answer = await this.#pool.request({
      method,
      path,
      headers: {
        authorization: this.#authorization,
        ...(body === undefined ? {} : { "content-type": contentType ?? "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    if (answer.statusCode < 300 || accept.includes(answer.statusCode)) return text;
    throw new LabError(`${method} ${path}: ${answer.statusCode} ${text.slice(0, 500)}`);
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }
}
