import { federationTopology } from "./federation.ts";
import { planGlobalBlock } from "./globalBlock.ts";
import { planRegistrations } from "../imports/registrations.ts";
import { trustedPeers } from "../trust/pinnedPeer.ts";
import type { TopologyPlanner } from "./topologies.ts";

/** Clusters under one root: services of peers are registered under names in `global`, which CoreDNS may answer too. */
export const replicatedTopology: TopologyPlanner = {
  connect(context, authority) {
    const connection = { ...planRegistrations(context, authority), globalBlock: planGlobalBlock(context) };
    return { connection, pinned: trustedPeers(connection.peers) };
  },
  listeners: federationTopology.listeners,
};
