import { callService } from "../workloads/call.ts";
import { waitFor } from "../ready.ts";
import { hostOf, identityOf, nameOf, type Party, type Proof } from "./proof.ts";

/** Time for new configuration to reach the sidecars and the gateway. */
const PROPAGATION_SECONDS = 30;

/**
 * A service answers its caller, it and no other of that name, and sees who it is.
 * @param claim what that shows.
 * @param host by which it is called. @default its own name in its cluster
 */
export function allowedCall(from: Party, to: Party, claim: string, host = hostOf(to)): Proof {
  const expected = identityOf(from);
  return {
    claim,
    caller: nameOf(from),
    callee: host,
    run: async () => {
      const answered = async () => (await callService(from, host, to.port)).status === 200;
      await waitFor(`${nameOf(from)} gets no answer from ${host}`, answered, PROPAGATION_SECONDS).catch(
        () => undefined,
      );
      // The first call opened the connections; the second one is what callers get from then on.
      const { status, identity, server, latencyMs, error, body } = await callService(from, host, to.port);
      const passed = status === 200 && identity === expected && server === to.address;
      const said =
        identity === undefined ? body.trim().slice(0, 200) : `as ${identity} from ${server ?? "elsewhere"}`;
      const seen = `${status} ${error ?? ""} ${said}`;
      return {
        passed,
        status: String(status),
        latencyMs,
        ...(identity === undefined ? {} : { identity }),
        ...(passed ? {} : { reason: `expected 200 as ${expected} from ${to.address}, got ${seen}` }),
      };
    },
  };
}
