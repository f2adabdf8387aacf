import { FEDERATED_EQUALS } from "../clusters.ts";
import { equalDomainsProofs } from "../proofs/equalDomains.ts";
import type { Scenario } from "./scenario.ts";

const [ONE, TWO] = ["equal-1", "equal-2"] as const;

/** Two clusters `cluster.local` with roots and trust domains of their own: the usual case in the world. */
export const EQUAL_DOMAINS: Scenario = {
  name: "equal-domains",
  topology: "federation",
  clusters: FEDERATED_EQUALS,
  updates: [ONE, TWO, ONE],
  proofs: () => equalDomainsProofs([ONE, TWO]),
};
