import type { Topology } from "../federation/core/topology.ts";
import {
  CLUSTERS,
  EQUAL_CLUSTERS,
  EXISTING_CLUSTERS,
  FEDERATED_EQUALS,
  MESH_CLUSTERS,
  THREE_CLUSTERS,
  THREE_EQUALS,
  type LabCluster,
} from "./clusters.ts";
import { LabError } from "./progress.ts";
import { existingProofs } from "./proofs/existing.ts";
import type { Proof } from "./proofs/proof.ts";
import { allProofs, equalDomainsProofs, replicatedProofs } from "./proofs/proofs.ts";
import { singleMeshProofs } from "./proofs/singleMesh.ts";
import type { StackFileConfig } from "./stackFile.ts";

/** A lab that shows one case of a topology. */
export interface Scenario {
  readonly name: string;
  readonly topology: Topology;
  readonly clusters: readonly LabCluster[];
  /**
   * Stacks by name, in the order of their updates; twice where another stack has to come in between. Each cluster's contract stack is updated
   * with it, where it is behind.
   */
  readonly updates: readonly string[];
  /** Changes of a stack's file that this scenario needs. Default: none. */
  readonly changeStackFile?: (stack: string, config: StackFileConfig) => void;
  /** Its claims, in the order in which they are checked. @param clusters of the running lab. */
  readonly proofs: (clusters: readonly LabCluster[]) => Proof[];
}

/** Two clusters with domains and roots of their own. */
export const FEDERATION = federationOf("federation", CLUSTERS);

/** Three clusters, each a peer of both others. */
export const FEDERATION_OF_THREE: Scenario = {
  ...federationOf("federation-of-three", THREE_CLUSTERS),
  changeStackFile: allPeers(THREE_CLUSTERS),
};

/** Two clusters `cluster.local` with roots and trust domains of their own: the usual case in the world. */
export const EQUAL_DOMAINS: Scenario = {
  name: "equal-domains",
  topology: "federation",
  clusters: FEDERATED_EQUALS,
  updates: ["equal-1", "equal-2", "equal-1"],
  proofs: (clusters) => equalDomainsProofs(clusters),
};

/** Three clusters `cluster.local`, so that two peers can serve one name; the calls of the first two are proved. */
export const EQUAL_DOMAINS_OF_THREE: Scenario = {
  ...EQUAL_DOMAINS,
  name: "equal-domains-of-three",
  clusters: THREE_EQUALS,
  updates: ["equal-1", "equal-2", "equal-3", "equal-1", "equal-2"],
  changeStackFile: allPeers(THREE_EQUALS),
};

/** Two clusters whose owners run Istio, which stacks join and leave again, and a third whose Istio is the program's; all are peers. */
export const EXISTING: Scenario = {
  ...federationOf("existing", EXISTING_CLUSTERS),
  changeStackFile: (stack, config) => {
    allPeers(EXISTING_CLUSTERS)(stack, config);
    rollGateway(config);
  },
  proofs: existingProofs,
};

/** Two clusters `cluster.local` under one root: each asks for its certificate, and runs once it has one. */
export const REPLICATED: Scenario = {
  name: "replicated",
  topology: "replicated",
  clusters: EQUAL_CLUSTERS,
  updates: [
    "replicated-1",
    "replicated-2",
    "replicated-root",
    "replicated-root-contract",
    "replicated-1",
    "replicated-2",
    "replicated-1",
  ],
  proofs: (clusters) => replicatedProofs(clusters, ["replicated-root", "replicated-1", "replicated-2"]),
};

/** One mesh over two clusters, whose istiods read each other's API server. */
export const SINGLE_MESH: Scenario = {
  name: "single-mesh",
  topology: "single-mesh",
  clusters: MESH_CLUSTERS,
  // A cluster calls into another once that one trusts it: each has to come after the other's first update.
  updates: ["mesh-east", "mesh-west", "mesh-east", "mesh-west"],
  proofs: (clusters) => singleMeshProofs(clusters, ["mesh-east", "mesh-west"]),
};

/** All scenarios; the first one of a topology is its default. */
export const SCENARIOS: readonly Scenario[] = [
  FEDERATION,
  FEDERATION_OF_THREE,
  EQUAL_DOMAINS,
  EQUAL_DOMAINS_OF_THREE,
  EXISTING,
  REPLICATED,
  SINGLE_MESH,
];

/** Possible numbers of clusters. */
export const CLUSTER_COUNTS = [...new Set(SCENARIOS.map(({ clusters }) => clusters.length))];

/**
 * Chooses by name, else by topology and number of clusters.
 *
 * @param choice.count Default: as few clusters as the topology takes.
 * @throws LabError when there is no such lab.
 */
export function chooseScenario({
  name,
  topology = FEDERATION.topology,
  count,
}: {
  name?: string | undefined;
  topology?: string | undefined;
  count?: number | undefined;
}): Scenario {
  const fitting = SCENARIOS.find((scenario) =>
    name === undefined
      ? scenario.topology === topology && (count === undefined || scenario.clusters.length === count)
      : scenario.name === name,
  );
  if (fitting === undefined)
    throw new LabError(`there is no lab of ${count} clusters for topology ${topology}`);
  return fitting;
}

/** The scenario with a lab's clusters. @throws LabError when there is none. */
export function scenarioOf({ clusters }: { readonly clusters: readonly LabCluster[] }): Scenario {
  const scenario = SCENARIOS.find((candidate) => namesOf(candidate.clusters) === namesOf(clusters));
  if (scenario === undefined) throw new LabError(`a lab of ${namesOf(clusters)} shows nothing`);
  return scenario;
}

function namesOf(clusters: readonly LabCluster[]): string {
  return clusters.map(({ name }) => name).join(", ");
}

/** A federation in which each cluster sees the ones before it at its first update, and the others at its second. */
function federationOf(name: string, clusters: readonly LabCluster[]): Scenario {
  const names = clusters.map((cluster) => cluster.name);
  const updates = [...names, ...names.slice(0, -1)];
  return { name, topology: "federation", clusters, updates, proofs: allProofs };
}

/** Makes the gateway's Deployment start a new Pod before the old one ends, so that calls go on. */
function rollGateway(config: StackFileConfig): void {
  const gateway = config["istio-federation:gateway"] as { values: object } | undefined;
  if (gateway === undefined) return;
  const strategy = { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
  gateway.values = { ...gateway.values, strategy };
}

/** Makes every cluster a peer of each stack named as a cluster, with the settings of its first peer: stack files are examples of two. */
function allPeers(clusters: readonly LabCluster[]): Scenario["changeStackFile"] & object {
  const names = clusters.map(({ name }) => name);
  return (stack, config) => {
    if (!names.includes(stack)) return;
    const peers = config["istio-federation:peers"] as Record<string, object>;
    const [settings] = Object.values(peers);
    for (const name of names) if (name !== stack) peers[name] ??= { ...settings, stack: `${name}-contract` };
  };
}
