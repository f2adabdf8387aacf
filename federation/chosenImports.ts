import { boundedLines } from "./boundedLines.ts";
import { count } from "./change.ts";
import type { StackConfig } from "./config.ts";
import { type Fault, describeFault } from "./fault.ts";
import { type ChosenPeer, chooseImports } from "./importChoice.ts";
import type { PeerImports } from "./imports.ts";
import { judgeGivenNames } from "./nameClashes.ts";
import { ownValue } from "./order.ts";

/** What is left of a plan when the stack's rules have chosen. */
export interface ChosenImports {
  /** By peer, in the order given. */
  imports: Record<string, ChosenPeer>;
  /** What contradicts what the peers offer, or one another. */
  faults: Fault[];
  /** Of rules that decide nothing, a sentence each. */
  warnings: string[];
}

/**
 * Chooses what to import of each peer by the rules of the stack's config.
 * @param planned what there is to choose from, by peer.
 */
export function chooseFromPeers(
  planned: Readonly<Record<string, PeerImports>>,
  { cluster, peers }: Pick<StackConfig, "cluster" | "peers">,
): ChosenImports {
  const choices = Object.entries(planned).map(
    ([peer, found]) => [peer, chooseImports(found, ownValue(peers, peer) ?? {}, cluster.domain)] as const,
  );
  const faults = [
    ...choices.flatMap(([, choice]) => choice.faults),
    ...judgeGivenNames(choices.map(([, choice]) => choice)),
  ];
  return {
    imports: Object.fromEntries(choices.map(([peer, { imports }]) => [peer, imports])),
    faults,
    warnings: boundedLines(
      choices.flatMap(([, choice]) => choice.warnings),
      describeFault,
      (more) => `and ${count(more)} more rules of imports that decide nothing`,
    ),
  };
}
