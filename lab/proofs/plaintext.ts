import { callService } from "../workloads/call.ts";
import { whoAnswers } from "./gateway.ts";
import { hostOf, identityOf, nameOf, type Party, type Proof } from "./proof.ts";

/** How Node tells that the other side closed the connection, before or after it had read the request. */
const CLOSED = /socket hang up|ECONNRESET/;

/**
 * Nothing answers without mutual TLS: neither the workload's sidecar nor the gateway. That the door is the right one, and
 * open, is seen by knocking there with TLS.
 *
 * @param via `address:port` that the request is sent to past the caller's sidecar.
 * @param door what listens there: `the workload's sidecar`, `the gateway`.
 */
export function plaintextRefused(from: Party, to: Party, via: string, door: string): Proof {
  return {
    claim: `plain text is refused by ${door}`,
    caller: `${nameOf(from)}, plain text`,
    callee: `${door} of ${nameOf(to)}`,
    run: async () => {
      const { status, error = "", identity } = await callService(from, hostOf(to), to.port, { via });
      const answer = await whoAnswers(via, hostOf(to), to.port);
      // A closed connection says more than an error page: nothing behind the door has seen the request.
      const passed = status === 0 && CLOSED.test(error) && answer === identityOf(to);
      const seen = `${status} ${error} ${identity ?? ""}`.trim();
      const reason = `expected ${via} to close the connection, and to answer TLS as ${identityOf(to)}; got ${seen}, and ${String(answer)}`;
      return { passed, status: passed ? "refused" : String(status), ...(passed ? {} : { reason }) };
    },
  };
}
