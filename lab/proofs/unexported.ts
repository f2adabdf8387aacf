import { waitFor } from "../ready.ts";
import { callService } from "../workloads/call.ts";
import { SERVICE_PORT } from "../workloads/workload.ts";
import { GATEWAY_PORT, whoAnswers } from "./gateway.ts";
import { withHandMadeEntry } from "./handMadeEntry.ts";
import { hostOf, identityOf, nameOf, type Party, type Proof } from "./proof.ts";

const PROPAGATION_SECONDS = 30;
/** After a change of configuration the first request may still be judged by the old one. */
const CALLS = 2;

/**
 * What is not exported cannot be reached: not even by a caller whose cluster knows all that an import would tell it.
 * That it is the gateway which refuses is seen by knocking there: it passes a connection on to what is exported, and
 * closes one to what is not.
 *
 * @param to the workload that is not exported.
 * @param exported one that is, behind the same gateway.
 * @param gateway address of that gateway.
 */
export function unexportedRefused(from: Party, to: Party, exported: Party, gateway: string): Proof {
  const host = hostOf(to);
  return {
    claim: "a service that is not exported is refused at the gateway, even with a hand-made ServiceEntry",
    caller: nameOf(from),
    callee: host,
    run: async ({ lab }) =>
      withHandMadeEntry(lab, from, to, gateway, async () => {
        const known = async () => (await callService(from, host, SERVICE_PORT)).addresses.length > 0;
        await waitFor(`the sidecar of ${nameOf(from)} does not know ${host}`, known, PROPAGATION_SECONDS);
        const statuses: number[] = [];
        for (let call = 0; call < CALLS; call++) {
          statuses.push((await callService(from, host, SERVICE_PORT)).status);
        }
        const door = `${gateway}:${GATEWAY_PORT}`;
        const answers = [await whoAnswers(door, host), await whoAnswers(door, hostOf(exported))];
        const passed =
          !statuses.includes(200) && answers[0] === undefined && answers[1] === identityOf(exported);
        const seen = `statuses ${statuses.join(", ")}; behind the gateway answered ${String(answers[0])}, and for what is exported ${String(answers[1])}`;
        return {
          passed,
          status: `${String(statuses.at(-1))}${passed ? " refused" : ""}`,
          ...(passed ? {} : { reason: `expected the gateway to refuse this and only this, got ${seen}` }),
        };
      }),
  };
}
