import type { Domains } from "../claim.ts";
import type { StackConfig } from "../config.ts";
import type { Topology } from "../topology.ts";

/** In what topologies differ, as far as rules go by it: whatever depends on the topology asks here. */
export interface Traits {
  /** Where the certificate authority may come from. */
  readonly sources: readonly StackConfig["certificateAuthority"]["source"][];
  /** Whether all clusters are under one root. */
  readonly oneRoot: boolean;
  /** Domains that clusters may have in common, to the letter. */
  readonly common: readonly (keyof Domains)[];
  /** Under which names peers' services are called: those that they have there, or `<name>.<namespace>.global`. */
  readonly names: "own" | "global";
}

export const TRAITS: Readonly<Record<Topology, Traits>> = {
  federation: { sources: ["own", "provided", "shared"], oneRoot: false, common: [], names: "own" },
  replicated: {
    sources: ["shared", "provided"],
    oneRoot: true,
    common: ["clusterDomain", "trustDomain"],
    names: "global",
  },
  "single-mesh": {
    sources: ["own", "provided", "shared"],
    oneRoot: false,
    common: ["clusterDomain", "trustDomain"],
    names: "own",
  },
};
