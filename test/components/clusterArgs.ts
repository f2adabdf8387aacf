import type { FederatedClusterArgs } from "../../components/federatedCluster.ts";

/** Arguments of a cluster that exports nothing and has no peers, but for what is given. */
export function clusterArgs(
  given: Pick<FederatedClusterArgs, "config" | "authority"> & Partial<FederatedClusterArgs>,
): FederatedClusterArgs {
  return {
    exports: {},
    aliases: [],
    policies: [],
    peers: {},
    formerPeers: [],
    globalBlock: undefined,
    leftovers: {},
    ...given,
  };
}
