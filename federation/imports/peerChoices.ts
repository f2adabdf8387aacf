import type { StackConfig } from "../config/stackConfig.ts";
import { type Fault, describeFaults } from "../core/fault.ts";
import { type NameRefusal, refuseExtraName } from "../core/domains.ts";
import { append, ownValue } from "../core/order.ts";
import type { PeerImports } from "./contracts.ts";
import { type ImportChoice, chooseImports } from "./importChoice.ts";
import { nameLocalServices } from "./localNames.ts";
import { shareNames } from "./sharedHosts.ts";

/** Imports of all peers as the stack's rules choose them. */
export interface ImportChoices {
  /** By peer, sorted. */
  choices: Record<string, ImportChoice>;
  /** Contradictions to what the peers offer. */
  faults: Fault[];
  /** Names that rules give twice or in a domain of another peer, and differences between peers that serve one name: what is registered of it stays. */
  errors: string[];
  warnings: string[];
}

/**
 * Chooses the imports of each peer by the stack's rules, the peers that serve a host of several peers, and the local Services.
 * @param offered all services of the peers, by peer.
 */
export function chooseFromPeers(
  offered: Readonly<Record<string, PeerImports>>,
  { cluster, peers, dns }: Pick<StackConfig, "cluster" | "peers" | "dns">,
): ImportChoices {
  const ours = [cluster.domain, ...cluster.domains];
  const owners = peersByDomain(offered);
  const chosen = Object.entries(offered).map(([peer, found]) => {
    const ownerOf = (domain: string): string | undefined => {
      const other = owners.get(domain)?.find((name) => name !== peer);
      return other === undefined ? undefined : `peer ${other}`;
    };
    const refuse = (name: string): NameRefusal | undefined => refuseExtraName(name, ours, ownerOf);
    return chooseImports(found, ownValue(peers, peer) ?? {}, refuse);
  });
  const shared = shareNames(chosen);
  const named = nameLocalServices(shared.choices, dns?.services);
  return {
    choices: Object.fromEntries(named.choices.map((choice) => [choice.peer, choice])),
    faults: chosen.flatMap(({ faults }) => faults),
    errors: [
      ...describeFaults(
        chosen.flatMap(({ clashes }) => clashes),
        "names that rules cannot give",
      ),
      ...describeFaults(shared.differences, "names on which peers do not agree"),
    ],
    warnings: [
      ...describeFaults(
        chosen.flatMap((choice) => choice.warnings),
        "rules of imports that decide nothing",
      ),
      ...describeFaults(shared.warnings, "warnings about names that several peers have"),
      ...describeFaults(named.warnings, "imported services without a local Service"),
    ],
  };
}

/** Lists the peers by each of their domains: no rule may give a name in these to another peer. */
function peersByDomain(planned: Readonly<Record<string, PeerImports>>): ReadonlyMap<string, string[]> {
  const owners = new Map<string, string[]>();
  for (const [peer, { contract }] of Object.entries(planned)) {
    for (const domain of [contract.clusterDomain, contract.meshDomain, ...contract.domains])
      if (domain !== undefined) append(owners, domain, peer);
  }
  return owners;
}
