import type { PeerConfig } from "../federation/config/peers.ts";
import { type Permitted, ifPermitted } from "./permitted.ts";
import type { SurveyedCluster, Unreachable } from "./surveyedCluster.ts";
import { FaultsError, describeFaults } from "../federation/core/fault.ts";
import { OF_OTHERS } from "../federation/core/labels.ts";
import { ownValue } from "../federation/core/order.ts";
import { IMPORT_NAMESPACE } from "../federation/core/wellKnown.ts";
import {
  type HostConflict,
  type WantedHost,
  conflictsOf,
  judgeConflicts,
} from "../federation/imports/hostConflicts.ts";
import type { PeerView } from "../federation/imports/registration.ts";
import { type KubernetesObject, SERVICE_ENTRY } from "../kubernetes/kinds.ts";

type Entry = KubernetesObject & { spec?: { hosts?: string[]; exportTo?: string[] } };

/**
 * Looks whether the names to be registered are those of ServiceEntries that others wrote, with one list of these. (No Service of this cluster
 * can have one: theirs lie in our cluster domain, where no name of a peer's may be.)
 * @param peers what is to be registered of each.
 * @param settings of each, by the config.
 * @returns warnings, a sentence each; none where there is no cluster to ask.
 * @throws FaultsError naming each such entry and whose it is. A cluster that does not let the user look (403) is a warning.
 */
export async function surveyHosts(
  cluster: SurveyedCluster,
  peers: Readonly<Record<string, PeerView>>,
  settings: Readonly<Record<string, PeerConfig>>,
): Promise<string[]> {
  const wanted = new Map(Object.entries(peers).flatMap(([peer, view]) => wantedOf(peer, view, settings)));
  if (wanted.size === 0) return [];
  const found = await findConflicts(cluster, wanted, IMPORT_NAMESPACE, "names that are imported");
  if ("unreachable" in found) return [];
  const { faults, warnings } = judgeConflicts(found.found);
  if (faults.length > 0) throw new FaultsError("names of imported services", faults);
  return describeFaults([...found.refused, ...warnings], "names that lie in wildcards of others");
}

/**
 * Looks what ServiceEntries of others have in common with names of ours, with one list of these.
 * @param namespace where ours are.
 * @param what these names are, for the warning where the user may not look (403).
 * @returns why, when there is no cluster to ask.
 * @throws FaultsError when the cluster refuses otherwise.
 */
export async function findConflicts(
  cluster: SurveyedCluster,
  wanted: ReadonlyMap<string, WantedHost>,
  namespace: string,
  what: string,
): Promise<Permitted<HostConflict[]> | Unreachable> {
  return cluster.read((client) => {
    const looked = client.fold<Entry, HostConflict[]>(
      SERVICE_ENTRY,
      { labelSelector: OF_OTHERS },
      {
        begin: () => [],
        take: (conflicts, { metadata: { namespace: place = "", name, labels = {} }, spec = {} }) => {
          const { hosts = [], exportTo = [] } = spec;
          conflicts.push(
            ...conflictsOf({ namespace: place, name, labels, hosts, exportTo }, wanted, namespace),
          );
        },
      },
    );
    return ifPermitted(looked, [], `ServiceEntries of others have ${what}`);
  });
}

/** A pending peer's services are registered already. */
function wantedOf(
  peer: string,
  view: PeerView,
  settings: Readonly<Record<string, PeerConfig>>,
): [host: string, wanted: WantedHost][] {
  if (view.state === "pending") return [];
  const { exportTo: usual = ["*"] } = ownValue(settings, peer) ?? {};
  return Object.entries(view.imports.services).map(([host, { exportTo = usual }]) => [
    host,
    { peer, exportTo },
  ]);
}
