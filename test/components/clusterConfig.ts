import type { StackConfig } from "../../federation/config/stackConfig.ts";
import { viewPeers } from "../federation/planContext.ts";
import { contractOf, validConfig } from "../federation/samples.ts";

/** Config of cluster-a, whose gateway has an advertised address, with further sections. */
export function clusterConfig(sections: object = {}): StackConfig {
  return validConfig(
    {
      cluster: { name: "cluster-a", domain: "cluster-a.local" },
      kubeconfig: { path: "kubeconfig", context: "cluster-a" },
      gateway: { advertise: [{ address: "203.0.113.10" }] },
      ...sections,
    },
    "cluster-a",
  );
}

/** Config of cluster-a with peer cluster-b. */
export const CONFIG_WITH_PEER = clusterConfig({ peers: { "cluster-b": { stack: "cluster-b" } } });
/** Peer cluster-b, which has published a contract. */
export const { peers: PEER_B } = viewPeers(CONFIG_WITH_PEER, { "cluster-b": { contract: contractOf() } });
