import { FaultsError } from "../federation/fault.ts";
import { ClusterClient } from "../providers/cluster/clusterClient.ts";
import { ClusterError } from "../providers/cluster/clusterError.ts";
import type { KubeconfigName } from "../providers/cluster/kubeconfig.ts";
import type { Patience } from "../providers/cluster/transport.ts";
import { clusterFault } from "./clusterFault.ts";

/** Why a cluster could not be read. */
export interface Unreachable {
  unreachable: string;
}

/** A preview should not wait long for a cluster that is not there: under 10 s in all. */
const PROBE: Patience = { deadline: 4_000, retries: 1 };
/** For a cluster that answered: its lists may be long. */
const READ: Patience = { deadline: 15_000, retries: 2 };

/**
 * Reads something from a cluster, once it has shown that it answers at all.
 * @returns why, when there is no cluster to ask.
 * @throws FaultsError when the cluster refuses, or the kubeconfig does not lead to one.
 */
export async function whenReachable<T>(
  kubeconfig: KubeconfigName,
  read: (client: ClusterClient) => Promise<T>,
): Promise<T | Unreachable> {
  try {
    await (await ClusterClient.connect(kubeconfig, PROBE)).probe();
    return await read(await ClusterClient.connect(kubeconfig, READ));
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    if (error.failure.unreachable === true) return { unreachable: error.message };
    throw new FaultsError("cluster", [clusterFault(error, kubeconfig)]);
  }
}
