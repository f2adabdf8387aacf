import { PEER_LABEL } from "../../federation/core/labels.ts";
import { sortedUnique } from "../../federation/core/order.ts";
import { type ImportKind, LOCAL_KINDS } from "../../federation/imports/serviceEntry.ts";
import type { ClusterClient } from "../../kubernetes/client.ts";
import type { KubernetesObject } from "../../kubernetes/kinds.ts";
import { DeclaredImports } from "./declared.ts";
import type { ChangedHosts } from "./diff.ts";
import {
  type LiveObject,
  RESOURCES,
  describeOwner,
  driftedFields,
  forDeletion,
  hostFor,
  isOurs,
  isSiblings,
  localServiceOf,
  namesRule,
  unlessForbidden,
} from "./liveObject.ts";

/** The difference between the cluster's objects of one peer and kind and the declared ones, by host. */
export interface Comparison {
  readonly kind: ImportKind;
  /** Declared and there, but not as declared, or a sibling's, to be taken over. */
  readonly changed: readonly string[];
  /** Declared and not there. */
  readonly missing: readonly string[];
  /** Ours and no longer declared, or a sibling's for a declared host that has none. */
  readonly withdrawn: readonly KubernetesObject[];
  /** Declared, and there as somebody else's: the owner by host, as `describeOwner` words it. */
  readonly taken: ReadonlyMap<string, string>;
}

/** Objects of one kind while they are listed, by host. */
class Listed {
  /** Ours and declared. */
  readonly present = new Set<string>();
  /** Present ones that are not as declared. */
  readonly changed = new Set<string>();
  readonly withdrawn: KubernetesObject[] = [];
  readonly taken = new Map<string, string>();
}

/**
 * Compares with the cluster by one list of each kind, and by a second one, of metadata only, of those who own the names to be
 * created. Each object is compared as it arrives, and only what is needed later is kept. Local Services are listed only where some
 * are declared, or a ServiceEntry says that it has one; a sibling's other objects only where a ServiceEntry to be taken over names some.
 * @returns one for each kind listed, in the order in which objects are created.
 * @throws ClusterError when the cluster cannot be read.
 */
export async function compareWithCluster(
  client: ClusterClient,
  declared: DeclaredImports,
): Promise<Comparison[]> {
  const seen = { local: false, siblingsRule: false, siblingsLocal: false };
  const entries = await compareKind(client, declared, "ServiceEntry", false, (entry, isOwn) => {
    const isLocal = localServiceOf(entry) !== undefined;
    seen.local ||= isLocal;
    seen.siblingsLocal ||= isLocal && !isOwn;
    seen.siblingsRule ||= namesRule(entry) && !isOwn;
  });
  const rules = await unlessForbidden(
    compareKind(client, declared, "DestinationRule", seen.siblingsRule),
    declared.hosts("DestinationRule").length > 0 || seen.siblingsRule,
    { kind: "DestinationRule", changed: [], missing: [], withdrawn: [], taken: new Map() },
  );
  if (!seen.local && declared.hosts("Service").length === 0) return [entries, rules];
  const local = await Promise.all(
    LOCAL_KINDS.map((kind) => compareKind(client, declared, kind, seen.siblingsLocal)),
  );
  return [entries, rules, ...local];
}

/**
 * @param inherits whether siblings have objects of this kind for hosts that are declared here by now.
 * @param watch takes each object of this peer, and each of a sibling that is taken over (`isOwn` false).
 */
async function compareKind(
  client: ClusterClient,
  declared: DeclaredImports,
  kind: ImportKind,
  inherits: boolean,
  watch: (ours: KubernetesObject, isOwn: boolean) => void = () => undefined,
): Promise<Comparison> {
  const { namespace, peer, siblings } = declared.inputs;
  const selected = { namespace, labelSelector: `${PEER_LABEL}=${peer}` };
  const found = await client.fold<LiveObject, Listed>(RESOURCES[kind], selected, {
    begin: () => new Listed(),
    take: (listed, live) => {
      const host = declared.hostOf(kind, live.metadata.name);
      if (!isOurs(live, peer)) {
        if (host !== undefined) listed.taken.set(host, describeOwner(live, siblings));
        return;
      }
      watch(live, true);
      const object = host === undefined ? undefined : declared.object(host, kind);
      if (host === undefined || object === undefined) return void listed.withdrawn.push(forDeletion(live));
      listed.present.add(host);
      if (driftedFields(live, object).length > 0) listed.changed.add(host);
    },
  });
  const hosts = declared.hosts(kind);
  const absent = hosts.filter((host) => !found.present.has(host));
  const others =
    absent.length > 0 || inherits ? await listOthers(client, declared, kind, watch) : new OtherOwners();
  const owners = new Map([...others.owners, ...found.taken]);
  return {
    kind,
    changed: hosts.filter((host) => found.changed.has(host) || others.siblings.has(host)),
    missing: absent.filter((host) => !owners.has(host) && !others.siblings.has(host)),
    withdrawn: [...found.withdrawn, ...others.withdrawn],
    taken: owners,
  };
}

/** Owners of declared names that are not this peer's, by host. */
class OtherOwners {
  readonly siblings = new Set<string>();
  /** Everybody else. */
  readonly owners = new Map<string, string>();
  /** Objects of siblings for hosts that are declared here, and have none of this kind and name. */
  readonly withdrawn: KubernetesObject[] = [];
}

function listOthers(
  client: ClusterClient,
  declared: DeclaredImports,
  kind: ImportKind,
  watch: (ours: KubernetesObject, isOwn: boolean) => void,
): Promise<OtherOwners> {
  const { namespace, peer, siblings } = declared.inputs;
  const selected = { namespace, labelSelector: `${PEER_LABEL}!=${peer}`, metadataOnly: true };
  return client.fold(RESOURCES[kind], selected, {
    begin: () => new OtherOwners(),
    take: (others, object) => {
      const host = declared.hostOf(kind, object.metadata.name);
      if (host !== undefined && isSiblings(object, host, siblings)) {
        others.siblings.add(host);
        watch(object, false);
        return;
      }
      if (isInherited(object, declared)) others.withdrawn.push(forDeletion(object));
      if (host !== undefined) others.owners.set(host, describeOwner(object, siblings));
    },
  });
}

/** Whether a sibling has the object for a host that is declared here by now: as it is no declared one, it is removed. */
function isInherited(object: KubernetesObject, declared: DeclaredImports): boolean {
  const host = hostFor(object);
  return (
    declared.nameOf("ServiceEntry", host) !== undefined && isSiblings(object, host, declared.inputs.siblings)
  );
}

/** An object to read, and the host that it is for. */
interface Target {
  readonly host: string;
  readonly name: string;
}

/**
 * Compares a few hosts with the cluster, reading each object by itself; an object that not every host has is read only where
 * it is, was or seems to be there.
 * @throws ClusterError when the cluster cannot be read.
 */
export async function compareByHost(
  client: ClusterClient,
  declared: DeclaredImports,
  { hosts, before }: ChangedHosts,
): Promise<Comparison[]> {
  const { namespace } = declared.inputs;
  const both = [declared, new DeclaredImports({ ...declared.inputs, services: before })];
  const read = (kind: ImportKind, targets: readonly Target[]): Promise<(LiveObject | undefined)[]> =>
    Promise.all(targets.map(({ name }) => client.get<LiveObject>(RESOURCES[kind], namespace, name)));
  const all = hosts.map((host) => ({ host, name: host }));
  const entries = await read("ServiceEntry", all);
  const ruled = all.filter(({ host }, index) => {
    const entry = entries[index];
    const isDeclared = both.some((each) => each.nameOf("DestinationRule", host) !== undefined);
    return isDeclared || (entry !== undefined && namesRule(entry));
  });
  const local = hosts.flatMap((host, index): Target[] => {
    const entry = entries[index];
    const names = [entry && localServiceOf(entry), ...both.map((each) => each.nameOf("Service", host))];
    return sortedUnique(names.filter((name) => name !== undefined)).map((name) => ({ host, name }));
  });
  const others = [
    { kind: "DestinationRule" as const, targets: ruled },
    ...LOCAL_KINDS.map((kind) => ({ kind, targets: local })),
  ].filter(({ targets }) => targets.length > 0);
  const compared = others.map(async ({ kind, targets }) =>
    compareTargets(declared, kind, targets, await read(kind, targets)),
  );
  return [compareTargets(declared, "ServiceEntry", all, entries), ...(await Promise.all(compared))];
}

function compareTargets(
  declared: DeclaredImports,
  kind: ImportKind,
  targets: readonly Target[],
  found: readonly (LiveObject | undefined)[],
): Comparison {
  const { peer, siblings } = declared.inputs;
  const changed: string[] = [];
  const missing: string[] = [];
  const withdrawn: KubernetesObject[] = [];
  const taken = new Map<string, string>();
  for (const [index, target] of targets.entries()) {
    const live = found[index];
    // Another host may have the name by now; that host is among the changed ones too.
    const host = declared.hostOf(kind, target.name) ?? target.host;
    const object = declared.nameOf(kind, host) === target.name ? declared.object(host, kind) : undefined;
    if (live === undefined) {
      if (object !== undefined) missing.push(host);
    } else if (!isOurs(live, peer)) {
      if (object !== undefined && isSiblings(live, host, siblings)) {
        changed.push(host);
        continue;
      }
      if (isInherited(live, declared)) withdrawn.push(forDeletion(live));
      if (object !== undefined) taken.set(host, describeOwner(live, siblings));
    } else if (object === undefined) withdrawn.push(forDeletion(live));
    else if (driftedFields(live, object).length > 0) changed.push(host);
  }
  return { kind, changed, missing, withdrawn, taken };
}
