import { HOST_ANNOTATION, MANAGED_BY, MANAGED_BY_LABEL, PEER_LABEL } from "../../federation/core/labels.ts";
import type { KubernetesObject } from "../../kubernetes/kinds.ts";

/** Whether this program made the object, for this peer: only then may it be changed or deleted. */
export function isOurs({ metadata: { labels } }: KubernetesObject, peer: string): boolean {
  return labels?.[MANAGED_BY_LABEL] === MANAGED_BY && labels[PEER_LABEL] === peer;
}

/**
 * Whether this program made the object for another of its peers, which declares it no longer: then it may be taken over. What says for which
 * host it is may be that only for this host.
 */
export function isSiblings(
  object: KubernetesObject,
  host: string,
  siblings: readonly string[] = [],
): boolean {
  const { [HOST_ANNOTATION]: told = host } = object.metadata.annotations ?? {};
  return told === host && siblings.some((sibling) => isOurs(object, sibling));
}

/** What a deletion needs to know of an object that was seen, and no more of it, as there may be thousands. */
export function sighted({ metadata }: KubernetesObject): KubernetesObject {
  const { [HOST_ANNOTATION]: host } = metadata.annotations ?? {};
  const annotations = host === undefined ? {} : { [HOST_ANNOTATION]: host };
  return { metadata: { ...metadata, annotations, managedFields: [] } };
}

/**
 * Who has an object that is not ours, and what to do, for a message.
 * @param siblings the other peers of this program. One of them that has it for another host than ours gives it up in an update of its own.
 */
export function describeOwner(
  { metadata: { labels, managedFields } }: KubernetesObject,
  siblings: readonly string[] = [],
): string {
  const manager = labels?.[MANAGED_BY_LABEL];
  const peer = labels?.[PEER_LABEL];
  if (manager === MANAGED_BY && peer !== undefined) {
    if (siblings.includes(peer)) {
      return `is still that of peer ${peer}, which keeps it as long as it is pending; run \`pulumi up\` again when it is not`;
    }
    return `was imported from peer ${peer}; take that peer out of the config and run \`pulumi up\` first`;
  }
  const writers = [...new Set((managedFields ?? []).flatMap((entry) => entry.manager ?? []))].sort();
  const owner = manager ?? (writers.length === 0 ? "someone else" : writers.join(", "));
  return `belongs to ${owner}; delete it, or take the host out of what this peer exports`;
}
