import { boundedLines } from "../boundedLines.ts";
import { count } from "../change.ts";
import type { StackConfig } from "../config.ts";
import { type Fault, describeFault } from "../fault.ts";
import { type ChosenPeer, chooseImports } from "./importChoice.ts";
import type { PeerImports } from "./imports.ts";
import { refuseExtraName } from "./extraName.ts";
import { ownValue } from "../order.ts";
import { shareNames } from "./sharedNames.ts";

/** What is left of a plan when the stack's rules have chosen. */
export interface ChosenImports {
  /** By peer, sorted. */
  imports: Record<string, ChosenPeer>;
  /** What contradicts what the peers offer, or one another. */
  faults: Fault[];
  /** Of rules that decide nothing, a sentence each. */
  warnings: string[];
}

/**
 * Chooses what to import of each peer by the rules of the stack's config, and who serves the names that several of them have.
 * @param planned what there is to choose from, by peer.
 */
export function chooseFromPeers(
  planned: Readonly<Record<string, PeerImports>>,
  { cluster, peers }: Pick<StackConfig, "cluster" | "peers">,
): ChosenImports {
  const choices = Object.entries(planned).map(([peer, found]) =>
    chooseImports(found, ownValue(peers, peer) ?? {}, (name) =>
      refuseExtraName(name, [cluster.domain, ...(cluster.domains ?? [])], domainsOfOthers(planned, peer)),
    ),
  );
  const shared = shareNames(choices);
  return {
    imports: Object.fromEntries(shared.imports.map((imports) => [imports.peer, imports])),
    faults: [...choices.flatMap(({ faults }) => faults), ...shared.faults],
    warnings: boundedLines(
      choices.flatMap((choice) => choice.warnings),
      describeFault,
      (more) => `and ${count(more)} more rules of imports that decide nothing`,
    ),
  };
}

/** Names in them are found with their peer alone, so that they never move. */
function domainsOfOthers(
  planned: Readonly<Record<string, PeerImports>>,
  peer: string,
): Record<string, string> {
  const others = Object.entries(planned).filter(([name]) => name !== peer);
  return Object.fromEntries(
    others.flatMap(
      ([
        name,
        {
          contract: { clusterDomain, meshDomain, domains = [] },
        },
      ]) =>
        [clusterDomain, meshDomain, ...domains].flatMap((domain) =>
          domain === undefined ? [] : [[domain, `peer ${name}`] as const],
        ),
    ),
  );
}
