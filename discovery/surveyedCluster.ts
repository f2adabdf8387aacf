import { clusterFault } from "./clusterFault.ts";
import { FaultsError } from "../federation/core/fault.ts";
import { ClusterClient } from "../kubernetes/client.ts";
import { ClusterError } from "../kubernetes/errors.ts";
import type { KubeconfigName } from "../kubernetes/kubeconfig.ts";
import type { RetryPolicy } from "../kubernetes/transport.ts";

/** Why a cluster could not be read. */
export interface Unreachable {
  unreachable: string;
}

/** A preview should not wait long for a cluster that is not there: under 10 s in all. */
const PROBE: RetryPolicy = { deadline: 4_000, retries: 1 };
/** For a cluster that answered: its lists may be long. */
const READ: RetryPolicy = { deadline: 15_000, retries: 2 };

/** This stack's cluster, as the program reads it when it starts: all questions share one probe and one client. */
export class SurveyedCluster {
  private readonly kubeconfig: KubeconfigName;
  private connection: Promise<ClusterClient> | undefined;

  constructor(kubeconfig: KubeconfigName) {
    this.kubeconfig = kubeconfig;
  }

  /**
   * Reads something from the cluster, once it has shown that it answers at all; the first question probes it.
   * @returns why, when there is no cluster to ask.
   * @throws FaultsError when the cluster refuses, or the kubeconfig does not lead to one.
   */
  async read<T>(question: (client: ClusterClient) => Promise<T>): Promise<T | Unreachable> {
    try {
      this.connection ??= connect(this.kubeconfig);
      return await question(await this.connection);
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      if (error.failure.unreachable === true) return { unreachable: error.message };
      throw new FaultsError("cluster", [clusterFault(error, this.kubeconfig)]);
    }
  }
}

async function connect(kubeconfig: KubeconfigName): Promise<ClusterClient> {
  await (await ClusterClient.connect(kubeconfig, PROBE)).probe();
  return ClusterClient.connect(kubeconfig, READ);
}
