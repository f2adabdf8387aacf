import { withoutUndefined } from "../federation/core/order.ts";
import type { ApiServer } from "../federation/mesh/apiServer.ts";
import { openConnections, withinDeadline } from "./connections.ts";
import { ClusterError, connectionFailure, responseFailure } from "./errors.ts";
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
  const [{ selectProxy }, { trustOnly }] = await Promise.all([import("./proxy.ts"), import("./tls.ts")]);
  const operation = "list namespaces";
  const url = new URL(server);
  const path = `${url.pathname.replace(/\/$/, "")}${resourcePath(NAMESPACE)}?limit=1`;
  const authorization = token === undefined ? undefined : `Bearer ${token}`;
  const headers = withoutUndefined({ accept: "application/json", authorization });
  const dispatcher = await openConnections(trustOnly(certificateAuthority), selectProxy(url, ""));
  try {
    await withinDeadline(deadline, async (signal) => {
      const request = { origin: url.origin, path, method: "GET", headers, signal } as const;
      const response = await dispatcher.request(request);
      // The agent discards the rest of the body.
      if (response.statusCode === 200) return;
      const { statusCode: status, headers: fields, body } = response;
      const answer = { status, headers: fields, text: await startOf(body) };
      throw new ClusterError(where, responseFailure(operation, answer));
    });
  } catch (error) {
    if (error instanceof ClusterError) throw error;
    throw new ClusterError(where, connectionFailure(operation, url.host, deadline, error));
  } finally {
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
