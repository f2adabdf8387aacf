import * as pulumi from "@pulumi/pulumi";
import { namespace } from "./clusterAccess.ts";
import { Peer } from "./peer.ts";
import type { StackConfig } from "../federation/config/stackConfig.ts";
import { IMPORT_NAMESPACE } from "../federation/core/wellKnown.ts";
import type { Leftover } from "../federation/imports/leftovers.ts";
import type { PeerView, PeerStatus } from "../federation/imports/registration.ts";
import { elsewhereOf } from "../federation/imports/sharedHosts.ts";
import { Leftovers } from "../providers/leftovers.ts";

/** What is registered here of other clusters. */
export interface PeersArgs {
  config: Pick<StackConfig, "brake" | "kubeconfig" | "peers">;
  /** What was found of each peer that the config names. */
  peers: Record<string, PeerView>;
  /** Peers that were known and are no more: what is registered of them goes, or to other peers. */
  formerPeers: readonly string[];
  /** Entries to remove, by the name of a peer that this stack neither names nor knows. */
  leftovers: Record<string, Leftover>;
}

/** What was made of them. */
export interface ImportedPeers {
  /** For the stack output `peers`. */
  statuses: pulumi.Output<Record<string, PeerStatus>>;
  /** The peers themselves, with their entries. */
  peers: pulumi.Resource[];
}

/** Registers here what the peers export, and removes what unknown peers left behind. */
export function importFromPeers(
  name: string,
  { config, peers, formerPeers, leftovers: found }: PeersArgs,
  child: pulumi.ComponentResourceOptions & { parent: pulumi.Resource },
  istio: pulumi.Resource,
): ImportedPeers {
  const { kubeconfig, brake } = config;
  const importNamespace = namespace(`${name}-imports`, IMPORT_NAMESPACE, child);
  // First, so that what an unknown peer left does not keep its names from the others.
  const leftovers = new Leftovers(
    `${name}-leftovers`,
    { kubeconfig, namespace: importNamespace, found },
    { parent: child.parent },
  );
  const all = Object.entries(config.peers).flatMap(([peer, settings]) => {
    const view = peers[peer];
    if (view === undefined) return [];
    const made = new Peer(
      `${name}-peer-${peer}`,
      {
        ...{ peer, view, elsewhere: elsewhereOf(peers, peer, formerPeers), config: settings },
        ...{ brake, kubeconfig, namespace: importNamespace },
      },
      { ...child, dependsOn: [istio, leftovers] },
    );
    return [[peer, made] as const];
  });
  return {
    statuses: pulumi.output(Object.fromEntries(all.map(([peer, { status }]) => [peer, status]))),
    peers: all.map(([, made]) => made),
  };
}
