/** How clusters are connected, see docs/topologies.md; the same for all clusters of a mesh. */
export const TOPOLOGIES = ["federation", "replicated", "single-mesh"] as const;

export type Topology = (typeof TOPOLOGIES)[number];

/**
 * Which topology an unchecked config asks for.
 * @param raw what stands there; left out it is a federation.
 * @returns undefined of one that is none, by which nothing else can be judged.
 */
export function topologyOf(raw: unknown): Topology | undefined {
  return TOPOLOGIES.find((topology) => topology === (raw ?? "federation"));
}
