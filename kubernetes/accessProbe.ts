import type { ApiServer } from "../federation/mesh/apiServer.ts";
import { ClusterError, TimeoutError, noAnswer, refusal } from "./errors.ts";
import { NAMESPACE, resourcePath } from "./kinds.ts";

/** A preview should not wait long for an API server that is not there, in milliseconds. */
export const PROBE_DEADLINE = 4_000;

/**
 * Asks an API server, once, for one thing that a peer's credential there is for.
 * @param where for messages: `peer cluster-b`.
 * @param access without a token it is asked as nobody in particular.
 * @param deadline longest wait for the answer, in milliseconds.
 * @throws ClusterError when it does not give it, without the credential.
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
    // The agent closes what is left of the body.
    if (statusCode === 200) return;
    const text = await startOf(body);
    throw new ClusterError(where, refusal(operation, { status: statusCode, headers, text }));
  } catch (error) {
    if (error instanceof ClusterError) throw error;
    throw new ClusterError(where, noAnswer(operation, url.host, deadline, error));
  } finally {
    clearTimeout(timeout);
    void dispatcher.destroy();
  }
}

/** As much of a refusal as is quoted, and more; a peer could send without an end. */
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
