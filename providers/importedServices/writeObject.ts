import type { ImportKind, ImportObject } from "../../federation/imports/importObjects.ts";
import { type ClusterClient, statusOf } from "../../kubernetes/client.ts";
import { ClusterError } from "../../kubernetes/errors.ts";
import type { KubernetesObject } from "../../kubernetes/kinds.ts";
import { differences } from "./drift.ts";
import { type LiveObject, RESOURCES, otherAnnotations, ourAnnotations } from "./objects.ts";
import { isOurs } from "./ownership.ts";

/** How often to look again at an object that others write to at the same time, as istiod does to an entry's status. */
const ATTEMPTS = 5;

/** Adds an object whose name was free a moment ago. Without force: should it be someone's by now, it stays theirs. */
export async function createObject(client: ClusterClient, object: ImportObject): Promise<void> {
  await client.apply(RESOURCES[object.kind], object, false);
}

/**
 * Makes an object of ours as declared. Server-side apply leaves what others added to it (a port by hand, say) and may even
 * be refused for it (two ports of one number): then the whole spec is written.
 */
export async function updateObject(client: ClusterClient, object: ImportObject): Promise<void> {
  try {
    const applied = await client.apply<LiveObject>(RESOURCES[object.kind], asLive(object), true);
    if (differences(applied, object).length === 0) return;
  } catch (error) {
    if (statusOf(error) !== 422) throw error;
  }
  await replaceSpec(client, object);
}

async function replaceSpec(client: ClusterClient, object: ImportObject): Promise<void> {
  const { namespace, name, labels } = object.metadata;
  const resource = RESOURCES[object.kind];
  for (let attempt = 1; ; attempt++) {
    const live = await client.get<LiveObject>(resource, namespace, name);
    if (live === undefined) return createObject(client, object);
    const annotations = { ...otherAnnotations(live), ...ourAnnotations(object) };
    const metadata = { ...live.metadata, labels: { ...live.metadata.labels, ...labels }, annotations };
    try {
      await client.replace(resource, {
        ...live,
        metadata,
        spec: { ...allotted(object, live), ...object.spec },
      });
      return;
    } catch (error) {
      if (statusOf(error) !== 409 || attempt === ATTEMPTS) throw error;
    }
  }
}

/** What the API server has given a Service, and takes from none. */
function allotted({ kind }: ImportObject, { spec = {} }: LiveObject): Record<string, unknown> {
  if (kind !== "Service") return {};
  return Object.fromEntries(Object.entries(spec).filter(([field]) => ALLOTTED.includes(field)));
}

const ALLOTTED = ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"];

/** Takes an object of ours away; one that is no longer ours by then stays. */
export async function removeObject(
  client: ClusterClient,
  kind: ImportKind,
  object: KubernetesObject,
  peer: string,
): Promise<void> {
  const { namespace, name } = object.metadata;
  const resource = RESOURCES[kind];
  let seen: KubernetesObject | undefined = object;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    if (seen === undefined || !isOurs(seen, peer) || (await client.delete(resource, seen))) return;
    seen = await client.get(resource, namespace, name);
  }
  const cause = `it was changed by someone else ${ATTEMPTS} times in a row`;
  throw new ClusterError(client.where, { operation: `delete ${kind} ${namespace}/${name}`, cause });
}

function asLive({ spec, ...object }: ImportObject): LiveObject {
  return { ...object, spec: { ...spec } };
}
