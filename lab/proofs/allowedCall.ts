import { callService } from "../workloads/call.ts";
import { SERVICE_PORT } from "../workloads/workload.ts";
import { waitFor } from "../ready.ts";
import { hostOf, identityOf, nameOf, type Party, type Proof } from "./proof.ts";

/** Time for new configuration to reach the sidecars and the gateway. */
const PROPAGATION_SECONDS = 30;

/** A service answers its caller, and sees who it is. @param claim what that shows. */
export function allowedCall(from: Party, to: Party, claim: string): Proof {
  const host = hostOf(to);
  const expected = identityOf(from);
  return {
    claim,
    caller: nameOf(from),
    callee: host,
    run: async () => {
      const answered = async () => (await callService(from, host, SERVICE_PORT)).status === 200;
      await waitFor(`${nameOf(from)} gets no answer from ${host}`, answered, PROPAGATION_SECONDS).catch(
        () => undefined,
      );
      // The first call opened the connections; the second one is what callers get from then on.
      const { status, identity, latencyMs, error, body } = await callService(from, host, SERVICE_PORT);
      const passed = status === 200 && identity === expected;
      const seen = `${status} ${error ?? ""} ${identity === undefined ? body.trim().slice(0, 200) : `as ${identity}`}`;
      return {
        passed,
        status: String(status),
        latencyMs,
        ...(identity === undefined ? {} : { identity }),
        ...(passed ? {} : { reason: `expected 200 as ${expected}, got ${seen}` }),
      };
    },
  };
}
