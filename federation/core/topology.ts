import type { AuthorityKind } from "../config/certificateAuthority.ts";

/** Ways to connect clusters (docs/topologies.md); a cluster and its peers have the same one. */
export const TOPOLOGIES = ["federation", "replicated", "single-mesh"] as const;

export type Topology = (typeof TOPOLOGIES)[number];

/**
 * Host names of peers' services: those in the peer's cluster, those with the peer's mesh domain instead of its cluster domain, or
 * `<name>.<namespace>.global`.
 */
export type PeerNames = "own" | "mesh" | "global";

/** Rules in which topologies differ. */
export interface Traits {
  /** Possible sources of the certificate authority. */
  readonly sources: readonly AuthorityKind[];
  /** Whether all clusters are under one root. */
  readonly oneRoot: boolean;
  /** Domains in which clusters may be equal. */
  readonly common: readonly ("clusterDomain" | "trustDomain")[];
  /** Possible host names of peers' services, the default first. */
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
