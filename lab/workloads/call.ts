import type { CallOutcome } from "./appServer.ts";
import { APP_PORT, type Workload } from "./workload.ts";

/** What a call from one workload to a service came to. */
export interface CallResult extends CallOutcome {
  /** SPIFFE id that the server saw its caller have; undefined when no server of the lab answered, or over plain text. */
  readonly identity: string | undefined;
  /** Address of the Pod that answered; undefined when it was none of the lab. */
  readonly server: string | undefined;
}

/** How to make a call. */
export interface CallOptions {
  readonly path?: string;
  /** Default: GET. */
  readonly method?: string;
  /** `address:port` to send to, in plain text, past the caller's sidecar. */
  readonly via?: string;
}

/**
 * Lets a workload's app make one HTTP request, through its sidecar unless told otherwise.
 *
 * @param from the calling workload.
 * @param host full name of the called service, e.g. `bar.xyz.svc.cluster-b.local`.
 * @param port the service's port.
 * @throws Error when the calling app itself cannot be reached.
 */
export async function callService(
  from: Pick<Workload, "address">,
  host: string,
  port: number,
  { path = "/", method = "GET", via }: CallOptions = {},
): Promise<CallResult> {
  const query = new URLSearchParams({
    ...{ host, port: String(port), path, method },
    ...(via !== undefined && { via }),
  });
  const response = await fetch(`http://${from.address}:${APP_PORT}/call?${query.toString()}`);
  const outcome = (await response.json()) as CallOutcome;
  const { clientIdentity, address } = answerIn(outcome.body);
  return { ...outcome, identity: clientIdentity, server: address };
}

/** What an answer of the lab's app says; other answers (an Envoy's error text) say nothing. */
function answerIn(body: string): { clientIdentity?: string; address?: string } {
  try {
    return JSON.parse(body) as object;
  } catch {
    return {};
  }
}
