import { CLUSTERS, type LabCluster, THREE_CLUSTERS } from "../clusters.ts";
import { allProofs } from "../proofs/proofs.ts";
import type { StackFileConfig } from "../stackFile.ts";
import type { Scenario } from "./scenario.ts";

/** Two clusters with domains and roots of their own. */
export const FEDERATION = federationOf("federation", CLUSTERS);

/** Three of them, each a peer of both others. */
export const FEDERATION_OF_THREE: Scenario = {
  ...federationOf("federation-of-three", THREE_CLUSTERS),
  changeStackFile: (stack, config) => {
    const others = THREE_CLUSTERS.map(({ name }) => name).filter((name) => name !== stack);
    addPeers(config, others);
  },
};

/** Each sees those before it when it is updated first, and those after it the second time. */
function federationOf(name: string, clusters: readonly LabCluster[]): Scenario {
  const names = clusters.map((cluster) => cluster.name);
  return {
    name,
    topology: "federation",
    clusters,
    updates: [...names, ...names.slice(0, -1)],
    proofs: () => allProofs(clusters),
  };
}

/** Names further clusters as peers, by their stacks of the same name, with the settings of the first peer that is there. */
function addPeers(config: StackFileConfig, names: readonly string[]): void {
  const peers = config["istio-federation:peers"] as Record<string, object>;
  const [settings] = Object.values(peers);
  for (const name of names) peers[name] ??= { ...settings, stack: name };
}
