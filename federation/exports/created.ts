import { compare } from "../order.ts";

/** What tells which of several objects Istio heeds first. */
export interface Created {
  namespace: string;
  name: string;
  /** `metadata.creationTimestamp`, in UTC. */
  created: string;
}

/** The oldest first, as Istio does (`sortConfigByCreationTime`): of those made in the same second, by name and namespace. */
export function compareCreated(one: Created, other: Created): number {
  return (
    compare(one.created, other.created) ||
    compare(`${one.name}.${one.namespace}`, `${other.name}.${other.namespace}`)
  );
}
