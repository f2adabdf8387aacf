import { MANAGED_BY_LABEL } from "./labels.ts";
import { isBelow } from "./names.ts";
import { compare } from "./order.ts";

/** Labels and an annotation that often tell whose an object is, beside {@link MANAGED_BY_LABEL}. */
const OWNER_KEYS = [
  MANAGED_BY_LABEL,
  "app.kubernetes.io/part-of",
  "app.kubernetes.io/instance",
  "owner",
  "team",
];

/** A ServiceEntry that this program did not write. */
export interface ForeignEntry {
  namespace: string;
  name: string;
  labels: Record<string, string>;
  hosts: string[];
  /** Who sees it; all when left out or empty. `.` is its own namespace. */
  exportTo?: string[];
}

/** A name that is to be registered here. */
export interface WantedHost {
  peer: string;
  /** Who is to see it; `*` for all. */
  exportTo: readonly string[];
}

/** What a foreign entry has in common with what is to be registered. */
export interface HostConflict {
  peer: string;
  host: string;
  entry: Pick<ForeignEntry, "namespace" | "name" | "labels">;
  /** Its wildcard, where it does not name the host itself. */
  wildcard?: string;
}

/**
 * Finds what a foreign entry claims of the names to be registered, as far as some namespace sees both.
 * @param wanted by name.
 * @param namespace where ours are.
 */
export function conflictsOf(
  entry: ForeignEntry,
  wanted: ReadonlyMap<string, WantedHost>,
  namespace: string,
): HostConflict[] {
  const { name, labels } = entry;
  const owner = { namespace: entry.namespace, name, labels };
  const theirs = seenBy(entry.exportTo ?? [], entry.namespace);
  const meet = ({ exportTo }: WantedHost): boolean => seesBoth(theirs, seenBy(exportTo, namespace));
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

/** In a stable order. */
export function sortedConflicts(conflicts: readonly HostConflict[]): HostConflict[] {
  return [...conflicts].sort(
    (one, other) =>
      compare(one.peer, other.peer) ||
      compare(one.host, other.host) ||
      compare(one.entry.namespace, other.entry.namespace) ||
      compare(one.entry.name, other.entry.name),
  );
}

/** Whose an object is that this program did not write, as far as its labels tell. */
export function ownerOf({ labels }: Pick<HostConflict["entry"], "labels">): string {
  const told = OWNER_KEYS.flatMap((key) => {
    const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
    return value === undefined ? [] : [`${key}=${value}`];
  });
  return told.length === 0 ? "which does not say whose it is" : `which is labelled ${told.join(", ")}`;
}

/** Namespaces that see an object; undefined: all. */
function seenBy(exportTo: readonly string[], own: string): ReadonlySet<string> | undefined {
  if (exportTo.length === 0 || exportTo.includes("*")) return undefined;
  return new Set(exportTo.map((namespace) => (namespace === "." ? own : namespace)));
}

function seesBoth(one: ReadonlySet<string> | undefined, other: ReadonlySet<string> | undefined): boolean {
  if (one === undefined || other === undefined) return true;
  return [...one].some((namespace) => other.has(namespace));
}
