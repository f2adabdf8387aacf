/** How clusters are connected, see docs/topologies.md; the same for all clusters of a mesh. */
export const TOPOLOGIES = ["federation", "replicated", "single-mesh"] as const;

export type Topology = (typeof TOPOLOGIES)[number];
