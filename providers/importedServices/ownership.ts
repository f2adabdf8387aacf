import { MANAGED_BY, MANAGED_BY_LABEL, PEER_LABEL } from "../../federation/labels.ts";
import type { KubernetesObject } from "../cluster/kinds.ts";
import type { Inputs } from "./inputs.ts";

/** Whether this program made the object, for this peer: only then may it be changed or deleted. */
export function isOurs({ metadata: { labels } }: KubernetesObject, peer: string): boolean {
  return labels?.[MANAGED_BY_LABEL] === MANAGED_BY && labels[PEER_LABEL] === peer;
}

/**
 * Whether an object is of another peer of this stack which has it no longer: this one takes it over as it is, so that a service that moves
 * from one peer to another can be called all the time, whichever of the two is updated first.
 */
export function isReleased(object: KubernetesObject, { releasing = [] }: Pick<Inputs, "releasing">): boolean {
  return releasing.some((peer) => isOurs(object, peer));
}

/** What a deletion needs to know of an object that was seen, and no more of it, as there may be thousands. */
export function sighted({ metadata }: KubernetesObject): KubernetesObject {
  return { metadata: { ...metadata, annotations: {}, managedFields: [] } };
}

/** Who has an object that is not ours, and what to do, for a message. */
export function describeOwner({ metadata: { labels, managedFields } }: KubernetesObject): string {
  const manager = labels?.[MANAGED_BY_LABEL];
  const peer = labels?.[PEER_LABEL];
  if (manager === MANAGED_BY && peer !== undefined) {
    return (
      `was imported from peer ${peer}, and is kept as long as that is pending: update the stack of peer ${peer} and then this one, ` +
      "or take it out of the config"
    );
  }
  const writers = [...new Set((managedFields ?? []).flatMap((entry) => entry.manager ?? []))].sort();
  const owner = manager ?? (writers.length === 0 ? "someone else" : writers.join(", "));
  return `belongs to ${owner}; delete it, or take the host out of what this peer exports`;
}
