import { FaultsError } from "../federation/fault.ts";
import {
  type EntryMetadata,
  type Leftover,
  judgeLeftovers,
  leftoverSelector,
  tallyLeftovers,
} from "../federation/leftovers.ts";
import { IMPORT_NAMESPACE } from "../federation/wellKnown.ts";
import { type KubernetesObject, SERVICE_ENTRY } from "../providers/cluster/kinds.ts";
import type { SurveyedCluster } from "./surveyedCluster.ts";

type Entry = KubernetesObject & { metadata: EntryMetadata };

/**
 * Looks for entries that nobody declares any more, with one list that asks for their metadata only.
 * @param own the cluster's name in the config.
 * @param context of the kubeconfig, for the fault.
 * @param peers those that the config names, and those that the stack knows: what becomes of their entries is not asked here.
 * @returns by the peer's name, sorted; none where there is no cluster to ask, no ServiceEntry kind or no such namespace.
 * @throws FaultsError when the cluster refuses or is another stack's, or the kubeconfig does not lead to one.
 */
export async function findLeftovers(
  cluster: SurveyedCluster,
  { own, context }: { own: string; context: string },
  peers: Iterable<string>,
): Promise<Record<string, Leftover>> {
  const labelSelector = leftoverSelector(peers);
  const found = await cluster.read((client) =>
    client.list<Entry>(SERVICE_ENTRY, { namespace: IMPORT_NAMESPACE, labelSelector, metadataOnly: true }),
  );
  if ("unreachable" in found) return {};
  const leftovers = tallyLeftovers(found.map(({ metadata }) => metadata));
  const faults = judgeLeftovers(leftovers, own, context);
  if (faults.length > 0) throw new FaultsError("cluster", faults);
  return leftovers;
}
