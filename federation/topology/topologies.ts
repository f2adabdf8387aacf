import type { AuthorityPlan } from "../authority/authority.ts";
import type { StackConfig } from "../config/stackConfig.ts";
import type { ContractService } from "../contract/service.ts";
import type { Topology } from "../core/topology.ts";
import type { GatewayListeners } from "../exports/gatewayListeners.ts";
import type { ImportConnection } from "../imports/registrations.ts";
import type { MeshConnection } from "../mesh/meshPlan.ts";
import type { PlanContext } from "../plan.ts";
import type { PinnedPeer } from "../trust/pinnedPeer.ts";
import { federationTopology } from "./federation.ts";
import { replicatedTopology } from "./replicated.ts";
import { singleMeshTopology } from "./singleMesh.ts";

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

export const TOPOLOGY_PLANNERS: Readonly<Record<Topology, TopologyPlanner>> = {
  federation: federationTopology,
  replicated: replicatedTopology,
  "single-mesh": singleMeshTopology,
};
