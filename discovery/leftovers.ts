import type { SurveyedCluster } from "./surveyedCluster.ts";
import { FaultsError } from "../federation/core/fault.ts";
import { IMPORT_NAMESPACE } from "../federation/core/wellKnown.ts";
import { IMPORT_KINDS, type ImportKind } from "../federation/imports/importObjects.ts";
import {
  type Leftover,
  type ObjectMetadata,
  judgeLeftovers,
  leftoverSelector,
  tallyLeftovers,
} from "../federation/imports/leftovers.ts";
import type { KubernetesObject } from "../kubernetes/kinds.ts";
import { unlessForbidden } from "../providers/importedServices/forbidden.ts";
import { RESOURCES } from "../providers/importedServices/objects.ts";

type Found = KubernetesObject & { metadata: ObjectMetadata };

/**
 * Looks for entries, and what goes with them, that nobody declares any more, with one list of each kind that asks for metadata only. What goes
 * with entries is looked for without them too: somebody may have deleted these. Who may not list it (403) never made any.
 * @param own the cluster's name in the config.
 * @param context of the kubeconfig, for the fault.
 * @param peers those that the config names, and those that the stack knows: what becomes of theirs is not asked here.
 * @returns by the peer's name, sorted; none where there is no cluster to ask, no ServiceEntry kind or no such namespace.
 * @throws FaultsError when the cluster refuses or is another stack's, or the kubeconfig does not lead to one.
 */
export async function findLeftovers(
  cluster: SurveyedCluster,
  { own, context }: { own: string; context: string },
  peers: Iterable<string>,
): Promise<Record<string, Leftover>> {
  const labelSelector = leftoverSelector(peers);
  const options = { namespace: IMPORT_NAMESPACE, labelSelector, metadataOnly: true };
  const found = await cluster.read(async (client) => {
    const look = (kind: ImportKind): Promise<Found[]> => client.list<Found>(RESOURCES[kind], options);
    const looks = IMPORT_KINDS.map((kind) =>
      kind === "ServiceEntry" ? look(kind) : unlessForbidden(look(kind), false, []),
    );
    return (await Promise.all(looks)).flat();
  });
  if ("unreachable" in found) return {};
  const leftovers = tallyLeftovers(found.map(({ metadata }) => metadata));
  const faults = judgeLeftovers(leftovers, own, context);
  if (faults.length > 0) throw new FaultsError("cluster", faults);
  return leftovers;
}
