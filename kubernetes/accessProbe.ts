import type { ApiServer } from "../federation/mesh/apiServer.ts";
import { ClusterError, TimeoutError, connectionFailure, responseFailure } from "./errors.ts";
import { NAMESPACE, resourcePath } from "./kinds.ts";

/** Deadline for previews, in milliseconds: they must not wait long for an API server that is unreachable. */
export const PROBE_DEADLINE = 4_000;

/**
 * Sends one request that a peer's credential must allow, without retries.
 * @param where context for messages: `peer cluster-b`.
 * @param access without a token the request is anonymous.
 * @param deadline longest wait for the response, in milliseconds.
 * @throws ClusterError when the API server does not allow the request; never quotes the credential.
 */
export async function probeAccess(
  where: string,
  { server, certificateAuthority, token }: ApiServer & { token?: string },
  deadline: number,
): Promise<void> {
  const { Agent, request } = await import("undici");
  const operation = "list namespaces";
  const url = new URL(server);
  const dispatcher = new Agent({ connect: { ca: certificateAuthority } });
  const timer = new AbortController();
  const timeout = setTimeout(() => {
    timer.abort(new TimeoutError());
  }, deadline);
  try {
    const { statusCode, headers, body } = await request(
      `${url.origin}${url.pathname.replace(/\/$/, "")}${resourcePath(NAMESPACE)}?limit=1`,
      {
        dispatcher,
        signal: timer.signal,
        headers: {
          accept: "application/json",
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
      },
    );
    // The agent discards the rest of the body.
    if (statusCode === 200) return;
    const text = await startOf(body);
    throw new ClusterError(where, responseFailure(operation, { status: statusCode, headers, text }));
  } catch (error) {
    if (error instanceof ClusterError) throw error;
    throw new ClusterError(where, connectionFailure(operation, url.host, deadline, error));
  } finally {
    clearTimeout(timeout);
    void dispatcher.destroy();
  }
}

/** Bytes of an error that are read: more than are quoted. A peer could send without end. */
const BODY_LIMIT = 65_536;

async function startOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= BODY_LIMIT) break;
  }
  return Buffer.concat(chunks).subarray(0, BODY_LIMIT).toString();
}
