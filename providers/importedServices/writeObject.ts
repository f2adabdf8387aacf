import { PEER_LABEL } from "../../federation/core/labels.ts";
import type { ImportKind, ImportObject } from "../../federation/imports/serviceEntry.ts";
import { type ClusterClient, httpStatusOf } from "../../kubernetes/client.ts";
import { ClusterError } from "../../kubernetes/errors.ts";
import type { KubernetesObject } from "../../kubernetes/kinds.ts";
import {
  type LiveObject,
  RESOURCES,
  driftedFields,
  isOurs,
  otherAnnotations,
  ourAnnotations,
} from "./liveObject.ts";

/** Attempts at an object that others write to at the same time, as istiod does to a ServiceEntry's status. */
const ATTEMPTS = 5;

/** Creates an object whose name was free a moment ago; without force, so that what somebody else created since then stays. */
export async function createObject(client: ClusterClient, object: ImportObject): Promise<void> {
  await client.apply(RESOURCES[object.kind], object, false);
}

/**
 * Makes an object of ours as declared. Server-side apply leaves what others added (a port, say) and may even be refused for it
 * (two ports of one number): then the whole spec is replaced.
 */
export async function updateObject(client: ClusterClient, object: ImportObject): Promise<void> {
  try {
    const applied = await client.apply<LiveObject>(RESOURCES[object.kind], asLive(object), true);
    if (driftedFields(applied, object).length === 0) return;
  } catch (error) {
    if (httpStatusOf(error) !== 422) throw error;
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
        spec: { ...allocated(object, live), ...object.spec },
      });
      return;
    } catch (error) {
      if (httpStatusOf(error) !== 409 || attempt === ATTEMPTS) throw error;
    }
  }
}

/** The fields of a Service that the API server allocated and that must not change. */
function allocated({ kind }: ImportObject, { spec = {} }: LiveObject): Record<string, unknown> {
  if (kind !== "Service") return {};
  return Object.fromEntries(Object.entries(spec).filter(([field]) => ALLOCATED.includes(field)));
}

const ALLOCATED = ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"];

/** Deletes an object of ours; one that is another peer's or somebody else's by then stays. */
export async function removeObject(
  client: ClusterClient,
  kind: ImportKind,
  object: KubernetesObject,
): Promise<void> {
  const { namespace, name, labels } = object.metadata;
  const peer = labels?.[PEER_LABEL] ?? "";
  const resource = RESOURCES[kind];
  let live: KubernetesObject | undefined = object;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    if (live === undefined || !isOurs(live, peer) || (await client.delete(resource, live))) return;
    live = await client.get(resource, namespace, name);
  }
  const cause = `it was changed by someone else ${ATTEMPTS} times in a row`;
  throw new ClusterError(client.where, { operation: `delete ${kind} ${namespace}/${name}`, cause });
}

function asLive({ spec, ...object }: ImportObject): LiveObject {
  return { ...object, spec: { ...spec } };
}
