import type { LabCluster } from "../clusters.ts";
import type { StackFileConfig } from "../stackFile.ts";

/**
 * Has each stack, named as its cluster, name all other clusters as peers; stack files are examples of two.
 * @returns what to do with a stack's file.
 */
export function allPeers(
  clusters: readonly Pick<LabCluster, "name">[],
): (stack: string, config: StackFileConfig) => void {
  return (stack, config) => {
    if (!clusters.some(({ name }) => name === stack)) return;
    addPeers(
      config,
      clusters.map(({ name }) => name).filter((name) => name !== stack),
    );
  };
}

/** Names further clusters as peers, by their stacks of the same name, with the settings of the first peer that is there. */
function addPeers(config: StackFileConfig, names: readonly string[]): void {
  const peers = config["istio-federation:peers"] as Record<string, object>;
  const [settings] = Object.values(peers);
  for (const name of names) peers[name] ??= { ...settings, stack: name };
}
