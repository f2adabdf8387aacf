import { ClusterClient } from "../../kubernetes/client.ts";
import { ClusterError } from "../../kubernetes/errors.ts";
import { removeImports } from "../importedServices/remove.ts";
import type { Inputs } from "./inputs.ts";

/**
 * Removes the entries of the peers that were found, each found by our labels and deleted only as it was seen.
 * @returns one sentence per entry, or per peer, that is not removed.
 * @throws ClusterError when the kubeconfig leads to no cluster.
 */
export async function removeLeftovers({ kubeconfig, namespace, found }: Inputs): Promise<string[]> {
  const client = await ClusterClient.connect(kubeconfig);
  const failures: string[] = [];
  let stopped = false;
  for (const peer of Object.keys(found)) {
    try {
      if (stopped) failures.push(`entries of peer ${peer}: not tried, as it would fail alike`);
      else failures.push(...(await removeImports(client, { namespace, peer })));
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      stopped = error.failure.general === true;
      failures.push(`entries of peer ${peer}: ${error.message}`);
    }
  }
  return failures;
}
