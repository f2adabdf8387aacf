import type { AuthorityKind } from "../config/certificateAuthority.ts";

/** How clusters are connected, see docs/topologies.md; the same for all clusters of a mesh. */
export const TOPOLOGIES = ["federation", "replicated", "single-mesh"] as const;

export type Topology = (typeof TOPOLOGIES)[number];

/**
 * How peers' services are called: by the names that they have there, by those with the peer's mesh domain in the place of its cluster
 * domain, or `<name>.<namespace>.global`.
 */
export type PeerNames = "own" | "mesh" | "global";

/** In what topologies differ, as far as rules go by it: whatever depends on the topology asks here. */
export interface Traits {
  /** Where the certificate authority may come from. */
  readonly sources: readonly AuthorityKind[];
  /** Whether all clusters are under one root. */
  readonly oneRoot: boolean;
  /** Domains that clusters may have in common, to the letter. */
  readonly common: readonly ("clusterDomain" | "trustDomain")[];
  /** Under which names a peer's services may be called, the usual ones first. */
  readonly names: readonly [PeerNames, ...PeerNames[]];
}

export const TRAITS: Readonly<Record<Topology, Traits>> = {
  federation: { sources: ["own", "provided", "shared"], oneRoot: false, common: [], names: ["own", "mesh"] },
  replicated: {
    sources: ["shared", "provided"],
    oneRoot: true,
    common: ["clusterDomain", "trustDomain"],
    names: ["global"],
  },
  "single-mesh": {
    sources: ["own", "provided", "shared"],
    oneRoot: false,
    common: ["clusterDomain", "trustDomain"],
    names: ["own"],
  },
};
