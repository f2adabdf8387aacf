import { isDeepStrictEqual } from "node:util";
import {
  EXPORT_TO_ANNOTATION,
  HOST_ANNOTATION,
  LOCAL_SERVICE_ANNOTATION,
  MANAGED_BY,
  MANAGED_BY_LABEL,
  OUTLIERS_ANNOTATION,
  PEER_LABEL,
  REMOTE_HOST_ANNOTATION,
  SERVED_BY_ANNOTATION,
  TERMINATED_ANNOTATION,
} from "../../federation/core/labels.ts";
import type { ImportKind, ImportObject } from "../../federation/imports/serviceEntry.ts";
import { isForbidden } from "../../kubernetes/errors.ts";
import {
  DESTINATION_RULE,
  type KubernetesObject,
  type ResourceKind,
  SERVICE,
  SERVICE_ENTRY,
  VIRTUAL_SERVICE,
} from "../../kubernetes/kinds.ts";

/** An object as the API server returns it: `spec` is whatever someone wrote. */
export type LiveObject = KubernetesObject & { spec?: Record<string, unknown> };

/** The resources of the API server that an import consists of. */
export const RESOURCES: Readonly<Record<ImportKind, ResourceKind>> = {
  ServiceEntry: SERVICE_ENTRY,
  DestinationRule: DESTINATION_RULE,
  Service: SERVICE,
  VirtualService: VIRTUAL_SERVICE,
};

/** Annotations of a ServiceEntry that has a DestinationRule. */
const RULE_ANNOTATIONS = [OUTLIERS_ANNOTATION, REMOTE_HOST_ANNOTATION, TERMINATED_ANNOTATION];

const OUR_ANNOTATIONS = [
  ...RULE_ANNOTATIONS,
  SERVED_BY_ANNOTATION,
  LOCAL_SERVICE_ANNOTATION,
  HOST_ANNOTATION,
  EXPORT_TO_ANNOTATION,
];

/** The annotations of an object that this program writes, in one order. */
export function ourAnnotations({ metadata }: KubernetesObject): Record<string, string> {
  const { annotations = {} } = metadata;
  return Object.fromEntries(
    OUR_ANNOTATIONS.flatMap((key) => {
      const value = annotations[key];
      return value === undefined ? [] : [[key, value] as const];
    }),
  );
}

/** The annotations of an object that others wrote. */
export function otherAnnotations({ metadata }: KubernetesObject): Record<string, string> {
  return Object.fromEntries(
    Object.entries(metadata.annotations ?? {}).filter(([key]) => !OUR_ANNOTATIONS.includes(key)),
  );
}

/** Whether a ServiceEntry says that it has a DestinationRule. */
export function namesRule({ metadata: { annotations = {} } }: KubernetesObject): boolean {
  return RULE_ANNOTATIONS.some((key) => annotations[key] !== undefined);
}

/** The name of the local Service that a ServiceEntry says to have. */
export function localServiceOf({ metadata: { annotations = {} } }: KubernetesObject): string | undefined {
  return annotations[LOCAL_SERVICE_ANNOTATION];
}

/** The host that an object says to be for. */
export function hostFor({ metadata: { name, annotations = {} } }: KubernetesObject): string {
  return annotations[HOST_ANNOTATION] ?? name;
}

/** Fields that a Service without a selector must not get from others, as it would route elsewhere. */
const ROUTING_FIELDS = ["externalIPs", "selector"];

/**
 * Names the fields in which an object is not as declared. Its status, other managers' bookkeeping, labels and annotations of
 * others do not count, nor the defaults of the API server in a Service.
 */
export function driftedFields(live: LiveObject, declared: ImportObject): string[] {
  const liveSpec = live.spec ?? {};
  const spec: Record<string, unknown> = { ...declared.spec };
  const others = declared.kind === "Service" ? ROUTING_FIELDS : Object.keys(liveSpec);
  const fields = [...new Set([...others, ...Object.keys(spec)])];
  const labels = Object.entries(declared.metadata.labels);
  return [
    ...fields.filter((field) => !isDeepStrictEqual(liveSpec[field], spec[field])),
    ...(labels.every(([key, value]) => live.metadata.labels?.[key] === value) ? [] : ["labels"]),
    ...(isDeepStrictEqual(ourAnnotations(live), ourAnnotations(declared)) ? [] : ["annotations"]),
  ].sort();
}

/** Whether this program wrote the object, for this peer: only then may it be changed or deleted. */
export function isOurs({ metadata: { labels } }: KubernetesObject, peer: string): boolean {
  return labels?.[MANAGED_BY_LABEL] === MANAGED_BY && labels[PEER_LABEL] === peer;
}

/** Whether this program wrote the object for a sibling, which declares it no longer, and for no other host: then it is taken over. */
export function isSiblings(object: KubernetesObject, host: string, siblings: readonly string[]): boolean {
  const { [HOST_ANNOTATION]: named = host } = object.metadata.annotations ?? {};
  return named === host && siblings.some((sibling) => isOurs(object, sibling));
}

/** The part of an object that a deletion needs, and no more, as there may be thousands. */
export function forDeletion({ metadata }: KubernetesObject): KubernetesObject {
  const { [HOST_ANNOTATION]: host } = metadata.annotations ?? {};
  const annotations = host === undefined ? {} : { [HOST_ANNOTATION]: host };
  return { metadata: { ...metadata, annotations, managedFields: [] } };
}

/**
 * Describes for a message who owns an object that is not ours, and what to do.
 * @param siblings the other peers of this program. One that has the object for another host gives it up in an update of its own.
 */
export function describeOwner(
  { metadata: { labels, managedFields } }: KubernetesObject,
  siblings: readonly string[],
): string {
  const manager = labels?.[MANAGED_BY_LABEL];
  const peer = labels?.[PEER_LABEL];
  if (manager === MANAGED_BY && peer !== undefined) {
    if (siblings.includes(peer)) {
      return `still belongs to peer ${peer}, which keeps it as long as it is pending; run \`pulumi up\` again when it is not`;
    }
    return `was imported from peer ${peer}; remove that peer from the config and run \`pulumi up\` first`;
  }
  const writers = [...new Set((managedFields ?? []).flatMap((entry) => entry.manager ?? []))].sort();
  const owner = manager ?? (writers.length === 0 ? "someone else" : writers.join(", "));
  return `belongs to ${owner}; delete it, or remove the host from this peer's exports`;
}

/**
 * Reads objects that not every service has, such as DestinationRules. A user who may not even list them (403) never created one,
 * so finding none is right where none is needed.
 * @param isNeeded whether one is declared, or a ServiceEntry says that it has one.
 * @param none result without the permission.
 */
export async function unlessForbidden<T>(reading: Promise<T>, isNeeded: boolean, none: T): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (!isNeeded && isForbidden(error)) return none;
    throw error;
  }
}
