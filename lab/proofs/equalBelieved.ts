import { mintLeaf, stealAuthority } from "./forgedLeaf.ts";
import { callAs } from "./forgery.ts";
import { hostOf, identityOf, nameOf, type Party, type Proof } from "./proof.ts";

/**
 * What one trust domain costs: nothing tells what a peer's certificate authority signs from what ours does. It is proved so that nobody
 * takes this topology for a federation.
 * @param gateway `address:port`.
 */
export function equalBelieved(forger: Party, to: Party, gateway: string): Proof {
  const claimed = identityOf(to);
  return {
    claim:
      "what a peer's CA signs for any identity of the common trust domain is believed (docs/replicated.md)",
    caller: `${forger.cluster}'s CA as ${claimed}`,
    callee: `${nameOf(to)}, through the gateway`,
    run: async ({ lab }) => {
      const leaf = await mintLeaf(await stealAuthority(lab.kubeconfig, forger.cluster), claimed);
      const answer = await callAs(gateway, hostOf(to), leaf, to.port);
      const passed = answer === `200 as ${claimed}`;
      const reason = `expected 200 as ${claimed}, got ${answer}`;
      return { passed, status: answer.slice(0, 3), identity: claimed, ...(passed ? {} : { reason }) };
    },
  };
}
