import type { ServiceEntry } from "../../federation/serviceEntry.ts";
import { type ClusterClient, statusOf } from "../cluster/clusterClient.ts";
import { ClusterError } from "../cluster/clusterError.ts";
import { type KubernetesObject, SERVICE_ENTRY } from "../cluster/kinds.ts";
import { type LiveEntry, differences } from "./drift.ts";
import { isOurs } from "./ownership.ts";

/** How often to look again at an object that others write to at the same time, as istiod does to its status. */
const ATTEMPTS = 5;

/** Adds an entry whose name was free a moment ago. Without force: should it be someone's by now, it stays theirs. */
export async function createEntry(client: ClusterClient, entry: ServiceEntry): Promise<void> {
  await client.apply(SERVICE_ENTRY, entry, false);
}

/**
 * Makes an entry of ours as declared. Server-side apply leaves what others added to it (a port by hand, say) and may even
 * be refused for it (two ports of one number): then the whole spec is written.
 */
export async function updateEntry(client: ClusterClient, entry: ServiceEntry): Promise<void> {
  try {
    const applied = await client.apply<ServiceEntry>(SERVICE_ENTRY, entry, true);
    if (differences(asLive(applied), entry).length === 0) return;
  } catch (error) {
    if (statusOf(error) !== 422) throw error;
  }
  await replaceSpec(client, entry);
}

async function replaceSpec(client: ClusterClient, entry: ServiceEntry): Promise<void> {
  const { namespace, name, labels } = entry.metadata;
  for (let attempt = 1; ; attempt++) {
    const live = await client.get<LiveEntry>(SERVICE_ENTRY, namespace, name);
    if (live === undefined) return createEntry(client, entry);
    const metadata = { ...live.metadata, labels: { ...live.metadata.labels, ...labels } };
    try {
      await client.replace(SERVICE_ENTRY, { ...live, metadata, spec: entry.spec });
      return;
    } catch (error) {
      if (statusOf(error) !== 409 || attempt === ATTEMPTS) throw error;
    }
  }
}

/** Takes an entry of ours away; one that is no longer ours by then stays. */
export async function removeEntry(
  client: ClusterClient,
  entry: KubernetesObject,
  peer: string,
): Promise<void> {
  const { namespace, name } = entry.metadata;
  let seen: KubernetesObject | undefined = entry;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    if (seen === undefined || !isOurs(seen, peer) || (await client.delete(SERVICE_ENTRY, seen))) return;
    seen = await client.get(SERVICE_ENTRY, namespace, name);
  }
  const cause = `it was changed by someone else ${ATTEMPTS} times in a row`;
  throw new ClusterError(client.where, { operation: `delete ServiceEntry ${namespace}/${name}`, cause });
}

function asLive({ spec, ...object }: ServiceEntry): LiveEntry {
  return { ...object, spec: { ...spec } };
}
