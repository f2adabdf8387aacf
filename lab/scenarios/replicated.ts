import { EQUAL_CLUSTERS } from "../clusters.ts";
import { replicatedProofs } from "../proofs/replicated.ts";
import type { Scenario } from "./scenario.ts";

const [ROOT, ONE, TWO] = ["replicated-root", "replicated-1", "replicated-2"] as const;

/** Two clusters `cluster.local` under one root: each asks for its certificate, and runs once it has one. */
export const REPLICATED: Scenario = {
  name: "replicated",
  topology: "replicated",
  clusters: EQUAL_CLUSTERS,
  updates: [ONE, TWO, ROOT, ONE, TWO, ONE],
  proofs: (clusters) => replicatedProofs(clusters, [ROOT, ONE, TWO]),
};
