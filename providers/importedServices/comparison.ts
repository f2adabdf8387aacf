import { PEER_LABEL } from "../../federation/labels.ts";
import type { ServiceEntry } from "../../federation/serviceEntry.ts";
import type { ClusterClient } from "../cluster/clusterClient.ts";
import { type KubernetesObject, SERVICE_ENTRY } from "../cluster/kinds.ts";
import { type LiveEntry, declaredEntries, differences } from "./drift.ts";
import type { Inputs } from "./inputs.ts";
import { isOurs } from "./ownership.ts";

/** How the cluster's entries of one peer differ from what is declared. */
export interface Comparison {
  /** Declared, and there under their names, but not as declared. */
  readonly changed: readonly ServiceEntry[];
  /** Declared, and not there. */
  readonly missing: readonly ServiceEntry[];
  /** Ours, and no longer declared. */
  readonly withdrawn: readonly KubernetesObject[];
  /** Not ours, under names that are declared. */
  readonly taken: readonly KubernetesObject[];
}

/**
 * Looks what is there, by one list; by a second one, of metadata only, whose the names are that are to be added.
 * @throws ClusterError when the cluster cannot be read.
 */
export async function compareWithCluster(client: ClusterClient, inputs: Inputs): Promise<Comparison> {
  const { namespace, peer } = inputs;
  const declared = byName(declaredEntries(inputs));
  const labelSelector = `${PEER_LABEL}=${peer}`;
  const labelled = await client.list<LiveEntry>(SERVICE_ENTRY, { namespace, labelSelector });
  const live = byName(labelled.filter((entry) => isOurs(entry, peer)));
  const absent = [...declared.values()].filter(({ metadata }) => !live.has(metadata.name));
  const others = absent.length === 0 ? [] : await entriesOfOthers(client, inputs);
  const foreign = byName([...others, ...labelled.filter((entry) => !isOurs(entry, peer))]);
  return {
    changed: [...declared.values()].filter((entry) => differsFrom(live.get(entry.metadata.name), entry)),
    missing: absent.filter(({ metadata }) => !foreign.has(metadata.name)),
    withdrawn: [...live.values()].filter(({ metadata }) => !declared.has(metadata.name)),
    taken: absent.flatMap(({ metadata }) => foreign.get(metadata.name) ?? []),
  };
}

function entriesOfOthers(client: ClusterClient, { namespace, peer }: Inputs): Promise<KubernetesObject[]> {
  return client.list(SERVICE_ENTRY, {
    namespace,
    labelSelector: `${PEER_LABEL}!=${peer}`,
    metadataOnly: true,
  });
}

function differsFrom(live: LiveEntry | undefined, declared: ServiceEntry): boolean {
  return live !== undefined && differences(live, declared).length > 0;
}

function byName<T extends KubernetesObject>(entries: readonly T[]): Map<string, T> {
  return new Map(entries.map((entry) => [entry.metadata.name, entry]));
}
