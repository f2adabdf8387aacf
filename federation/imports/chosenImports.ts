import type { StackConfig } from "../config.ts";
import { type Fault, describeFaults } from "../fault.ts";
import { type ChosenPeer, chooseImports } from "./importChoice.ts";
import type { PeerImports } from "./imports.ts";
import { refuseExtraName } from "./extraName.ts";
import { ownValue } from "../order.ts";
import { shareNames } from "./sharedNames.ts";
import { nameLocalServices } from "../dns/localNames.ts";

/** What is left of a plan when the stack's rules have chosen. */
export interface ChosenImports {
  /** By peer, sorted. */
  imports: Record<string, ChosenPeer>;
  /** What contradicts what the peers offer, or one another. */
  faults: Fault[];
  /** Of rules that decide nothing, names that peers do not serve though they could, and services that cannot have a local Service. */
  warnings: string[];
}

/**
 * Chooses what to import of each peer by the rules of the stack's config, and who serves the names that several of them have; names their local
 * Services, where the config asks for these.
 * @param planned what there is to choose from, by peer.
 */
export function chooseFromPeers(
  planned: Readonly<Record<string, PeerImports>>,
  { cluster, peers, dns }: Pick<StackConfig, "cluster" | "peers" | "dns">,
): ChosenImports {
  const ours = [cluster.domain, ...(cluster.domains ?? [])];
  const choices = Object.entries(planned).map(([peer, found]) => {
    const theirs = domainsOfOthers(planned, peer);
    const refuse = (name: string): string | undefined => refuseExtraName(name, ours, theirs);
    return chooseImports(found, ownValue(peers, peer) ?? {}, refuse);
  });
  const shared = shareNames(choices);
  const givenAt = new Map(choices.map((choice) => [choice.imports.peer, choice.givenAt]));
  const named = nameLocalServices(
    shared.imports,
    (peer, host) => givenAt.get(peer)?.has(host) === true,
    dns?.services,
  );
  return {
    imports: Object.fromEntries(named.imports.map((imports) => [imports.peer, imports])),
    faults: [...choices.flatMap(({ faults }) => faults), ...shared.faults, ...named.faults],
    warnings: [
      ...describeFaults(
        choices.flatMap((choice) => choice.warnings),
        "rules of imports that decide nothing",
      ),
      ...describeFaults(shared.warnings, "warnings about names that several peers have"),
      ...describeFaults(named.warnings, "imported services without a local Service"),
    ],
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
