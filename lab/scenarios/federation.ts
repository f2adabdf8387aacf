import { CLUSTERS } from "../clusters.ts";
import { allProofs } from "../proofs/proofs.ts";
import type { Scenario } from "./scenario.ts";

/** Two clusters with domains and roots of their own. */
export const FEDERATION: Scenario = {
  name: "federation",
  topology: "federation",
  clusters: CLUSTERS,
  updates: ["cluster-a", "cluster-b", "cluster-a"],
  proofs: allProofs,
};
