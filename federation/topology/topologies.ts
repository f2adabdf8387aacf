import type { AuthorityPlan } from "../authority/authority.ts";
import type { StackConfig } from "../config/stackConfig.ts";
import type { ContractService } from "../contract/service.ts";
import type { Topology } from "../core/topology.ts";
import { type GatewayListeners, gatewayListeners } from "../exports/gatewayListeners.ts";
import { type ImportConnection, planRegistrations } from "../imports/registrations.ts";
import { type MeshConnection, planMesh } from "../mesh/meshPlan.ts";
import type { PlanContext } from "../plan.ts";
import { type PinnedPeer, trustedPeers } from "../trust/pinnedPeer.ts";
import { planGlobalBlock } from "./coreDns.ts";

/** Connection of a cluster to its peers: by imported services, or as one mesh. */
export type Connection = ImportConnection | MeshConnection;

/** A cluster's peers as a topology connects them. */
export interface ConnectionPlan {
  /** Undefined when there are faults. */
  connection: Connection | undefined;
  /** Peers that are trusted, by their names; sorted. */
  pinned: Readonly<Record<string, PinnedPeer>>;
}

/** A way to connect clusters: the parts of a plan in which topologies differ. */
export interface TopologyPlanner {
  /** @param authority undefined when it could not be planned. */
  connect: (context: PlanContext, authority: AuthorityPlan | undefined) => ConnectionPlan;
  /** Hosts and ports at which the east-west gateway listens. */
  listeners: (config: StackConfig, services: Readonly<Record<string, ContractService>>) => GatewayListeners;
}

/** Sovereign clusters, each with a root of its own: services of peers are registered as ServiceEntries. */
const federation: TopologyPlanner = {
  connect(context, authority) {
    const connection = { ...planRegistrations(context, authority), globalBlock: undefined };
    return { connection, pinned: trustedPeers(connection.peers) };
  },
  listeners: (_config, services) => ({ ...gatewayListeners(services), network: undefined }),
};

/** Clusters under one root: services of peers are registered under names in `global`, which CoreDNS may answer too. */
const replicated: TopologyPlanner = {
  connect(context, authority) {
    const connection = { ...planRegistrations(context, authority), globalBlock: planGlobalBlock(context) };
    return { connection, pinned: trustedPeers(connection.peers) };
  },
  listeners: federation.listeners,
};

/** One mesh over several clusters: each istiod reads the API servers of the others. */
const singleMesh: TopologyPlanner = {
  connect(context, authority) {
    const { connection, peers } = planMesh(context, authority);
    return { connection, pinned: trustedPeers(peers) };
  },
  // Any Service may have endpoints for workloads of another cluster. Istio's sample has `*.local`, which includes other names too.
  listeners: ({ cluster: { network, domain } }) => ({ hosts: [`*.svc.${domain}`], terminated: [], network }),
};

export const TOPOLOGY_PLANNERS: Readonly<Record<Topology, TopologyPlanner>> = {
  federation,
  replicated,
  "single-mesh": singleMesh,
};
