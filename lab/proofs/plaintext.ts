import { callService } from "../workloads/call.ts";
import { SERVICE_PORT } from "../workloads/workload.ts";
import { hostOf, nameOf, type Party, type Proof } from "./proof.ts";

/**
 * Nothing answers without mutual TLS: neither the workload's sidecar nor the gateway.
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
      const { status, error = "", identity } = await callService(from, hostOf(to), SERVICE_PORT, { via });
      // A refused connection says more than an error page: nothing behind the door has seen the request.
      const passed = status === 0 && error !== "" && !error.includes("ECONNREFUSED");
      const seen = `${status} ${error} ${identity ?? ""}`.trim();
      return {
        passed,
        status: passed ? "refused" : String(status),
        ...(passed ? {} : { reason: `expected the connection to be closed, got ${seen}` }),
      };
    },
  };
}
