import { callService } from "../workloads/call.ts";
import { whoAnswers } from "./gateway.ts";
import { globalHostOf, hostOf, identityOf, nameOf, type Party, type Proof } from "./proof.ts";

/**
 * What a peer does not export has no global name, and its gateway does not lead there, whatever it is asked for.
 * @param offered an exported workload behind the same gateway.
 * @param gateway `address:port`.
 */
export function unofferedRefused(from: Party, to: Party, offered: Party, gateway: string): Proof {
  const host = globalHostOf(to);
  return {
    claim: "a service that is not exported has no global name, and is refused at the gateway by its own",
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
