import { haveCommonViewer, viewersOf } from "./exportTo.ts";
import { MANAGED_BY_LABEL } from "./labels.ts";
import { isBelow } from "./names.ts";
import { compare } from "./order.ts";

/** Labels that often name the owner of an object. */
const OWNER_KEYS = [
  MANAGED_BY_LABEL,
  "app.kubernetes.io/part-of",
  "app.kubernetes.io/instance",
  "owner",
  "team",
];

/** A ServiceEntry that this program did not create. */
export interface ForeignEntry {
  namespace: string;
  name: string;
  labels: Record<string, string>;
  hosts: string[];
  /** Namespaces that see it; all when left out or empty. `.` is its own namespace. */
  exportTo?: string[];
}

/** A host that is to be registered here. */
export interface WantedHost {
  peer: string;
  /** Namespaces that are to see it; `*` for all. */
  exportTo: readonly string[];
}

/** A host that both a foreign ServiceEntry and this program register. */
export interface HostConflict {
  peer: string;
  host: string;
  entry: Pick<ForeignEntry, "namespace" | "name" | "labels">;
  /** The entry's wildcard that matches the host; left out where the entry names the host. */
  wildcard?: string;
}

/**
 * Finds the hosts that a foreign entry registers too, where some namespace sees both.
 * @param wanted hosts to be registered, by name.
 * @param namespace of our ServiceEntries.
 */
export function conflictsOf(
  entry: ForeignEntry,
  wanted: ReadonlyMap<string, WantedHost>,
  namespace: string,
): HostConflict[] {
  const { name, labels } = entry;
  const owner = { namespace: entry.namespace, name, labels };
  const theirs = viewersOf(entry.exportTo, entry.namespace);
  const meet = ({ exportTo }: WantedHost): boolean =>
    haveCommonViewer(theirs, viewersOf(exportTo, namespace));
  return entry.hosts.flatMap((host): HostConflict[] => {
    if (!host.startsWith("*.")) {
      const ours = wanted.get(host);
      return ours !== undefined && meet(ours) ? [{ peer: ours.peer, host, entry: owner }] : [];
    }
    const domain = host.slice(2);
    const found = [...wanted].filter(([each, ours]) => isBelow(each, domain) && meet(ours));
    return found.map(([each, { peer }]) => ({ peer, host: each, entry: owner, wildcard: host }));
  });
}

/** Sorts conflicts by peer, host, and the entry's namespace and name. */
export function sortedConflicts(conflicts: readonly HostConflict[]): HostConflict[] {
  return [...conflicts].sort(
    (one, other) =>
      compare(one.peer, other.peer) ||
      compare(one.host, other.host) ||
      compare(one.entry.namespace, other.entry.namespace) ||
      compare(one.entry.name, other.entry.name),
  );
}

/** Formats the owner of a foreign object, by its labels; completes "<the object>, ...". */
export function ownerOf({ labels }: Pick<HostConflict["entry"], "labels">): string {
  const owners = OWNER_KEYS.flatMap((key) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    return value === undefined ? [] : [`${key}=${value}`];
  });
  return owners.length === 0 ? "which has no label of an owner" : `which is labelled ${owners.join(", ")}`;
}
