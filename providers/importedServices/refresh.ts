import { PEER_LABEL } from "../../federation/core/labels.ts";
import { type ImportKind, LOCAL_KINDS } from "../../federation/imports/importObjects.ts";
import type { ClusterClient } from "../../kubernetes/client.ts";
import { unlessForbidden } from "./forbidden.ts";
import type { State } from "./inputs.ts";
import { type LiveObject, RESOURCES } from "./objects.ts";
import { isOurs } from "./ownership.ts";
import { Sightings } from "./sightings.ts";

/**
 * Reads what is really there of one peer, with one list of each kind; for local Services only where an entry says that it has one.
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
  const look = (kind: ImportKind): Promise<LiveObject[]> =>
    list(
      kind,
      (): LiveObject[] => [],
      (found, live) => void found.push(live),
    );
  const needsLocal = sightings.needs("Service");
  const rules = await unlessForbidden(look("DestinationRule"), sightings.needs("DestinationRule"), []);
  for (const rule of rules) sightings.take("DestinationRule", rule);
  if (needsLocal) {
    for (const kind of LOCAL_KINDS) for (const live of await look(kind)) sightings.take(kind, live);
  }
  return sightings.end();
}
