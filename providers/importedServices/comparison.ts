import { PEER_LABEL } from "../../federation/labels.ts";
import type { ClusterClient } from "../cluster/clusterClient.ts";
import { type KubernetesObject, SERVICE_ENTRY } from "../cluster/kinds.ts";
import { type LiveEntry, declaredEntries, differences } from "./drift.ts";
import type { Inputs } from "./inputs.ts";
import { describeOwner, isOurs, sighted } from "./ownership.ts";

/** How the cluster's entries of one peer differ from what is declared. Entries are named by their hosts. */
export interface Comparison {
  /** Declared, and there under their names, but not as declared. */
  readonly changed: readonly string[];
  /** Declared, and not there. */
  readonly missing: readonly string[];
  /** Ours, and no longer declared. */
  readonly withdrawn: readonly KubernetesObject[];
  /** Not ours, under names that are declared: by name whose they are, as `describeOwner` says it. */
  readonly taken: ReadonlyMap<string, string>;
}

/** What is known of the cluster's entries while they are listed, by their names. */
class Findings {
  /** Ours, and declared. */
  readonly present = new Set<string>();
  /** Of the present ones those that are not as declared. */
  readonly changed = new Set<string>();
  readonly withdrawn: KubernetesObject[] = [];
  readonly taken = new Map<string, string>();
}

/**
 * Looks what is there, by one list; by a second one, of metadata only, whose the names are that are to be added. Each entry
 * is compared as it comes, and only what is needed later is kept of it.
 * @throws ClusterError when the cluster cannot be read.
 */
export async function compareWithCluster(client: ClusterClient, inputs: Inputs): Promise<Comparison> {
  const { namespace, peer, services } = inputs;
  const declared = declaredEntries(inputs);
  const selected = { namespace, labelSelector: `${PEER_LABEL}=${peer}` };
  const found = await client.fold<LiveEntry, Findings>(SERVICE_ENTRY, selected, {
    begin: () => new Findings(),
    take: ({ present, changed, withdrawn, taken }, live) => {
      const { name } = live.metadata;
      if (!isOurs(live, peer)) taken.set(name, describeOwner(live));
      else if (!Object.hasOwn(services, name)) withdrawn.push(sighted(live));
      else {
        present.add(name);
        if (differences(live, declared(name)).length > 0) changed.add(name);
      }
    },
  });
  const hosts = Object.keys(services);
  const absent = hosts.filter((host) => !found.present.has(host));
  const others = absent.length === 0 ? [] : await ownersOfOthers(client, inputs);
  const owners = new Map([...others, ...found.taken]);
  return {
    changed: hosts.filter((host) => found.changed.has(host)),
    missing: absent.filter((host) => !owners.has(host)),
    withdrawn: found.withdrawn,
    taken: new Map([...owners].filter(([name]) => Object.hasOwn(services, name))),
  };
}

/**
 * The same for a few hosts, each looked at by itself.
 * @throws ClusterError when the cluster cannot be read.
 */
export async function compareFew(
  client: ClusterClient,
  inputs: Inputs,
  hosts: readonly string[],
): Promise<Comparison> {
  const { namespace, peer, services } = inputs;
  const declared = declaredEntries(inputs);
  const found = await Promise.all(hosts.map((host) => client.get<LiveEntry>(SERVICE_ENTRY, namespace, host)));
  const changed: string[] = [];
  const missing: string[] = [];
  const withdrawn: KubernetesObject[] = [];
  const taken = new Map<string, string>();
  for (const [index, host] of hosts.entries()) {
    const live = found[index];
    const isDeclared = Object.hasOwn(services, host);
    if (live === undefined) {
      if (isDeclared) missing.push(host);
    } else if (!isOurs(live, peer)) {
      if (isDeclared) taken.set(host, describeOwner(live));
    } else if (!isDeclared) withdrawn.push(sighted(live));
    else if (differences(live, declared(host)).length > 0) changed.push(host);
  }
  return { changed, missing, withdrawn, taken };
}

/** Who has the declared names that are not this peer's, by name. */
function ownersOfOthers(client: ClusterClient, inputs: Inputs): Promise<Map<string, string>> {
  const { namespace, peer, services } = inputs;
  const selected = { namespace, labelSelector: `${PEER_LABEL}!=${peer}`, metadataOnly: true };
  return client.fold(SERVICE_ENTRY, selected, {
    begin: () => new Map<string, string>(),
    take: (owners, other) => {
      const { name } = other.metadata;
      if (Object.hasOwn(services, name)) owners.set(name, describeOwner(other));
    },
  });
}
