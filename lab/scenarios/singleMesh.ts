import { MESH_CLUSTERS } from "../clusters.ts";
import { singleMeshProofs } from "../proofs/singleMesh.ts";
import type { Scenario } from "./scenario.ts";

const [EAST, WEST] = ["mesh-east", "mesh-west"] as const;

/** One mesh over two clusters, whose istiods read each other's API server. */
export const SINGLE_MESH: Scenario = {
  name: "single-mesh",
  topology: "single-mesh",
  clusters: MESH_CLUSTERS,
  // A cluster calls into another once that one trusts it: each has to come after the other's first update.
  updates: [EAST, WEST, EAST, WEST],
  proofs: (clusters) => singleMeshProofs(clusters, [EAST, WEST]),
};
