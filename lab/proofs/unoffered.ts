import { callService } from "../workloads/call.ts";
import { whoAnswers } from "./gateway.ts";
import { hostOf, identityOf, nameOf, type Party, type Proof } from "./proof.ts";

/**
 * What a peer does not export has no name here, and its gateway does not lead there, whatever it is asked for.
 * @param host the name that it would have here.
 * @param offered an exported workload behind the same gateway.
 * @param gateway `address:port`.
 */
export function unofferedRefused(
  from: Party,
  to: Party,
  host: string,
  offered: Party,
  gateway: string,
): Proof {
  return {
    claim: "a service that is not exported has no name at peers, and is refused at the gateway by its own",
    caller: nameOf(from),
    callee: host,
    run: async () => {
      const { status, addresses } = await callService(from, host, to.port);
      const refused = await whoAnswers(gateway, hostOf(to), to.port);
      const known = await whoAnswers(gateway, hostOf(offered), offered.port);
      const passed =
        status !== 200 && addresses.length === 0 && refused === undefined && known === identityOf(offered);
      const seen = `${status}, addresses ${addresses.join(", ")}; behind the gateway answered ${String(refused)}, and for what is exported ${String(known)}`;
      const reason = `expected no answer, no address, and the gateway to refuse this and only this; got ${seen}`;
      return { passed, status: passed ? "refused" : String(status), ...(passed ? {} : { reason }) };
    },
  };
}
