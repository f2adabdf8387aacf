import { Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import { request as requestTls } from "node:https";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { SERVICE_PORT, type Workload, egressAddress } from "../../../lab/workloads/workload.ts";

/** Keeps connections: the sidecar decides on each request. */
const agent = new Agent({ keepAlive: true, maxSockets: 4 });

/** A request to a host; headers besides `Host`. */
export interface SidecarRequest {
  readonly host: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON by POST. */
  readonly body?: object;
}

/** An answer by way of a sidecar. */
export interface SidecarAnswer {
  readonly status: number | undefined;
  /** Fields of an app's answer; none when a proxy answered. */
  readonly address?: string;
  readonly service?: string;
  readonly client?: string;
  /** Of an etcd. */
  readonly kvs?: readonly { key: string; value: string }[];
}

/** Sends a request to the sidecar of a workload, as its app does. */
export async function requestAs(
  from: Pick<Workload, "address">,
  { host, path = "/", headers = {}, body }: SidecarRequest,
): Promise<SidecarAnswer> {
  const sent = request({
    ...{
      host: egressAddress(from),
      port: SERVICE_PORT,
      path,
      agent,
      method: body === undefined ? "GET" : "POST",
    },
    headers: { ...headers, host: `${host}:${SERVICE_PORT}` },
  });
  sent.end(body && JSON.stringify(body));
  return answerOf(sent);
}

/** Sends a request with TLS of the app's own to the sidecar of a workload. @param ca PEM of the server's authority. */
export async function requestTlsAs(
  from: Pick<Workload, "address">,
  host: string,
  port: number,
  ca: string,
): Promise<SidecarAnswer> {
  const sent = requestTls({
    ...{ host: egressAddress(from), port, servername: host, ca, agent: false },
    headers: { host },
  });
  sent.end();
  return answerOf(sent);
}

async function answerOf(sent: ClientRequest): Promise<SidecarAnswer> {
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  const body = await text(response);
  return { status: response.statusCode, ...(body.startsWith("{") && (JSON.parse(body) as object)) };
}

/** Share of a workload among the answers to many requests. @throws Error when one is not a 200. */
export async function shareOf(
  to: Pick<Workload, "address">,
  from: Pick<Workload, "address">,
  host: string,
  count: number,
): Promise<number> {
  let reached = 0;
  let left = count;
  const send = async () => {
    while (left-- > 0) {
      const { status, address } = await requestAs(from, { host });
      if (status !== 200) throw new Error(`${host} answered ${status}`);
      if (address === to.address) reached++;
    }
  };
  await Promise.all(Array.from({ length: 4 }, send));
  return reached / count;
}
