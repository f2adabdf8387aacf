import type { ImportKind } from "../../federation/imports/importObjects.ts";
import { PEER_LABEL } from "../../federation/labels.ts";
import type { ClusterClient } from "../cluster/clusterClient.ts";
import { unlessForbidden } from "./forbidden.ts";
import type { State } from "./inputs.ts";
import { type LiveObject, RESOURCES } from "./objects.ts";
import { isOurs } from "./ownership.ts";
import { Sightings } from "./sightings.ts";

/**
 * Reads what is really there of one peer, with one list of each kind.
 * @returns by host, each as a line: as it was declared, or marked with what is not.
 * @throws ClusterError when the cluster cannot be read.
 */
export async function linesOf(client: ClusterClient, state: State): Promise<[host: string, line: string][]> {
  const { namespace, peer } = state;
  const list = <Sum>(kind: ImportKind, begin: () => Sum, take: (sum: Sum, live: LiveObject) => void) =>
    client.fold<LiveObject, Sum>(
      RESOURCES[kind],
      { namespace, labelSelector: `${PEER_LABEL}=${peer}` },
      {
        begin,
        take: (sum, live) => {
          if (isOurs(live, peer)) take(sum, live);
        },
      },
    );
  const sightings = await list(
    "ServiceEntry",
    () => new Sightings(state),
    (found, live) => {
      found.takeEntry(live);
    },
  );
  // A list that begins anew must not find what it took in before.
  const looking = list(
    "DestinationRule",
    (): LiveObject[] => [],
    (found, live) => void found.push(live),
  );
  const rules = await unlessForbidden(looking, sightings.needsRules, []);
  for (const rule of rules) sightings.takeRule(rule);
  return sightings.end();
}
