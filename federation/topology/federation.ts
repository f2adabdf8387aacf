import { gatewayListeners } from "../exports/gatewayListeners.ts";
import { planRegistrations } from "../imports/registrations.ts";
import { trustedPeers } from "../trust/pinnedPeer.ts";
import type { TopologyPlanner } from "./topologies.ts";

/** Sovereign clusters, each with a root of its own: services of peers are registered as ServiceEntries. */
export const federationTopology: TopologyPlanner = {
  connect(context, authority) {
    const connection = { ...planRegistrations(context, authority), globalBlock: undefined };
    return { connection, pinned: trustedPeers(connection.peers) };
  },
  listeners: (_config, services) => ({ ...gatewayListeners(services), network: undefined }),
};
