import { type Fault, pathOf } from "../core/fault.ts";
import { MANAGED_BY_LABEL } from "../core/labels.ts";
import { isBelow } from "../core/names.ts";
import { compare, sortedUnique } from "../core/order.ts";

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

/**
 * An entry that names a host of ours is a fault: Istio would send calls to the older of the two. A wildcard that holds it is a warning, as Istio
 * prefers the name in full, so that callers who went by the wildcard come to the peer.
 * @returns one of each for every two that meet, in order.
 */
export function judgeConflicts(conflicts: readonly HostConflict[]): { faults: Fault[]; warnings: Fault[] } {
  const all = sorted(conflicts);
  const faults = all.filter(({ wildcard }) => wildcard === undefined);
  const warnings = all.filter(({ wildcard }) => wildcard !== undefined);
  return { faults: faults.map(taken), warnings: warnings.map(held) };
}

function sorted(conflicts: readonly HostConflict[]): HostConflict[] {
  return [...conflicts].sort(
    (one, other) =>
      compare(one.peer, other.peer) ||
      compare(one.host, other.host) ||
      compare(one.entry.namespace, other.entry.namespace) ||
      compare(one.entry.name, other.entry.name),
  );
}

/**
 * A Service that is offered under a name that is a host of somebody else's entry too is held back: of the two Istio takes the older one, and
 * the gateway would lead peers there. (A wildcard does not matter: the gateway opens for names in full.)
 * @param conflicts of such names, with `namespace/name` of the Service as the peer's name.
 * @returns the names, each once, and a warning for each entry, in order.
 */
export function judgeTakenAliases(conflicts: readonly HostConflict[]): {
  hosts: string[];
  warnings: Fault[];
} {
  const exact = sorted(conflicts.filter(({ wildcard }) => wildcard === undefined));
  return {
    hosts: sortedUnique(exact.map(({ host }) => host)),
    warnings: exact.map(({ peer, host, entry }) => ({
      path: `Service ${peer}`,
      value: host,
      rule: `is a host of ServiceEntry ${entry.namespace}/${entry.name} too, ${ownerOf(entry)}, to which the gateway could lead, so the Service is held back`,
      remedy:
        "Delete that one, hide it from the gateway by its exportTo, or offer the Service under another name",
    })),
  };
}

function taken({ peer, host, entry }: HostConflict): Fault {
  return {
    path: pathOf("peers", peer, "imports"),
    value: host,
    rule: `is a host of ServiceEntry ${entry.namespace}/${entry.name} too, ${ownerOf(entry)}`,
    remedy: "Delete that one, take the host out of it, or have this one not imported by a rule with 'skip'",
  };
}

function held({ peer, host, entry, wildcard }: HostConflict): Fault {
  return {
    path: pathOf("peers", peer, "imports"),
    value: host,
    rule: `lies in '${wildcard}' of ServiceEntry ${entry.namespace}/${entry.name}, ${ownerOf(entry)}, and is preferred to it where both are seen`,
    remedy: "Ask its owner whether that is meant, or have this one not imported by a rule with 'skip'",
  };
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
