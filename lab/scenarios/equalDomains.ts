import { FEDERATED_EQUALS, THREE_EQUALS } from "../clusters.ts";
import { equalDomainsProofs } from "../proofs/equalDomains.ts";
import { allPeers } from "./morePeers.ts";
import type { Scenario } from "./scenario.ts";

const [ONE, TWO, THREE] = ["equal-1", "equal-2", "equal-3"] as const;

/** Two clusters `cluster.local` with roots and trust domains of their own: the usual case in the world. */
export const EQUAL_DOMAINS: Scenario = {
  name: "equal-domains",
  topology: "federation",
  clusters: FEDERATED_EQUALS,
  updates: [ONE, TWO, ONE],
  proofs: (clusters) => equalDomainsProofs(clusters, [ONE, TWO]),
};

/** Three of them, each a peer of both others, so that a name can be served by two peers; proved are the calls of the first two. */
export const EQUAL_DOMAINS_OF_THREE: Scenario = {
  name: "equal-domains-of-three",
  topology: "federation",
  clusters: THREE_EQUALS,
  updates: [ONE, TWO, THREE, ONE, TWO],
  changeStackFile: allPeers(THREE_EQUALS),
  proofs: (clusters) => equalDomainsProofs(clusters, [ONE, TWO, THREE]),
};
