import type { CallOutcome } from "./appServer.ts";
import { APP_PORT, type Workload } from "./workload.ts";

/** Result of a call from one workload to a service. */
export interface CallResult extends CallOutcome {
  /** SPIFFE id of the caller as the server saw it; undefined over plain text, or when no server of the lab answered. */
  readonly identity: string | undefined;
  /** Address of the Pod that answered; undefined when it is none of the lab. */
  readonly server: string | undefined;
}

/** Options of a call. */
export interface CallOptions {
  readonly path?: string;
  /** Default: GET. */
  readonly method?: string;
  /** `address:port` to send to, in plain text, past the caller's sidecar. */
  readonly via?: string;
}

/**
 * Makes a workload's app send one HTTP request, by default through its sidecar.
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

/** Parses an answer of the lab's app; other answers, as an Envoy's error text, are empty. */
function answerIn(body: string): { clientIdentity?: string; address?: string } {
  try {
    return JSON.parse(body) as object;
  } catch {
    return {};
  }
}
