import { CLUSTERS, type LabCluster, THREE_CLUSTERS } from "../clusters.ts";
import { allProofs } from "../proofs/proofs.ts";
import { allPeers } from "./morePeers.ts";
import type { Scenario } from "./scenario.ts";

/** Two clusters with domains and roots of their own. */
export const FEDERATION = federationOf("federation", CLUSTERS);

/** Three of them, each a peer of both others. */
export const FEDERATION_OF_THREE: Scenario = {
  ...federationOf("federation-of-three", THREE_CLUSTERS),
  changeStackFile: allPeers(THREE_CLUSTERS),
};

/** Each sees those before it when it is updated first, and those after it the second time. */
function federationOf(name: string, clusters: readonly LabCluster[]): Scenario {
  const names = clusters.map((cluster) => cluster.name);
  return {
    name,
    topology: "federation",
    clusters,
    updates: [...names, ...names.slice(0, -1)],
    proofs: allProofs,
  };
}
