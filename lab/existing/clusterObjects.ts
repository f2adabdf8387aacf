import { isDeepStrictEqual } from "node:util";
import { ApiServer } from "../bench/apiServer.ts";

/** An object of a cluster, with the fields that every kind has. */
export interface ClusterObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly resourceVersion?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** All objects of a cluster, by `Kind.group namespace name`. */
export type ClusterObjects = ReadonlyMap<string, ClusterObject>;

/** Annotation by which controllers of istiod elect a leader, renewed every few seconds. */
const ELECTION = "control-plane.alpha.kubernetes.io/leader";

/** Kinds that controllers write at any time: Leases are renewed, and Events report what happened. */
const ALWAYS_WRITTEN: ReadonlySet<string> = new Set(["Event", "Lease"]);

interface ApiResources {
  readonly resources: readonly {
    readonly name: string;
    readonly kind: string;
    readonly verbs: readonly string[];
  }[];
}

interface ApiGroups {
  readonly groups: readonly { readonly versions: readonly { readonly groupVersion: string }[] }[];
}

/** Reads every object of a cluster that can be listed, but Events, Leases, and the ConfigMaps by which istiod elects leaders. */
export async function readClusterObjects(kubeconfig: string, context: string): Promise<ClusterObjects> {
  const api = new ApiServer(kubeconfig, context, 4, 0);
  const get = async <T>(path: string) => JSON.parse(await api.request({ method: "GET", path })) as T;
  const { groups } = await get<ApiGroups>("/apis");
  const versionsOf = [
    ["v1"],
    ...groups.map(({ versions }) => versions.map(({ groupVersion }) => groupVersion)),
  ];
  const lists = versionsOf.map(async (versions) => {
    // The preferred version is the first one, and not every kind of the group has it.
    const kinds = new Map<string, { apiVersion: string; name: string }>();
    for (const apiVersion of versions) {
      const { resources } = await get<ApiResources>(pathOf(apiVersion));
      for (const { name, kind, verbs } of resources)
        if (!name.includes("/") && verbs.includes("list") && !ALWAYS_WRITTEN.has(kind) && !kinds.has(kind))
          kinds.set(kind, { apiVersion, name });
    }
    const objects = [...kinds].map(async ([kind, { apiVersion, name }]) => {
      const { items } = await get<{ items: ClusterObject[] }>(`${pathOf(apiVersion)}/${name}`);
      return items.map((item) => [nameOf(apiVersion, kind, item), { ...item, apiVersion, kind }] as const);
    });
    return (await Promise.all(objects)).flat();
  });
  const found = (await Promise.all(lists)).flat();
  await api.close();
  const isKept = ({ metadata: { resourceVersion, annotations } }: ClusterObject) =>
    resourceVersion !== undefined && annotations?.[ELECTION] === undefined;
  return new Map(found.filter(([, object]) => isKept(object)));
}

function pathOf(apiVersion: string): string {
  return apiVersion === "v1" ? "/api/v1" : `/apis/${apiVersion}`;
}

function nameOf(apiVersion: string, kind: string, { metadata: { namespace, name } }: ClusterObject): string {
  const [, group] = /^(.+)\//.exec(apiVersion) ?? [];
  const full = group === undefined ? kind : `${kind}.${group}`;
  return [full, namespace, name].filter((part) => part !== undefined).join(" ");
}

/** Differences between two readings of a cluster. */
export interface Difference {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Objects with another resourceVersion, and their changed fields besides it. */
  readonly changed: readonly { readonly object: string; readonly fields: readonly string[] }[];
}

/** Compares two readings, by resourceVersion and content. */
export function compareObjects(before: ClusterObjects, after: ClusterObjects): Difference {
  const changed = [...before].flatMap(([object, old]) => {
    const now = after.get(object);
    return now === undefined || isDeepStrictEqual(old, now)
      ? []
      : [{ object, fields: changedFields(old, now) }];
  });
  return {
    added: [...after.keys()].filter((object) => !before.has(object)).sort(),
    removed: [...before.keys()].filter((object) => !after.has(object)).sort(),
    changed: changed.sort((one, other) => (one.object < other.object ? -1 : 1)),
  };
}

/** Fields of a write itself, whatever it changed. */
const OF_WRITES: ReadonlySet<string> = new Set(["resourceVersion", "managedFields"]);

function changedFields(old: ClusterObject, now: ClusterObject): string[] {
  const differing = (one: object, other: object) =>
    [...new Set([...Object.keys(one), ...Object.keys(other)])].filter(
      (key) =>
        !isDeepStrictEqual((one as Record<string, unknown>)[key], (other as Record<string, unknown>)[key]),
    );
  const metadata = differing(old.metadata, now.metadata).filter((field) => !OF_WRITES.has(field));
  return [
    ...differing(old, now).filter((field) => field !== "metadata"),
    ...metadata.map((field) => `metadata.${field}`),
  ].sort();
}

/** Fields that moving a namespace to another revision writes, by kind. */
const OF_MOVES: Readonly<Partial<Record<string, readonly string[]>>> = {
  Namespace: ["metadata.labels"],
  "WorkloadEntry.networking.istio.io": ["metadata.uid", "metadata.creationTimestamp"],
};

/** Namespaces in which teams act themselves. */
export interface TeamActions {
  /** Namespaces with restarted Pods. */
  readonly restarted: ReadonlySet<string>;
  /** Namespaces that were moved to another revision; their endpoints are removed and created again. */
  readonly moved: ReadonlySet<string>;
}

/**
 * The differences that the teams' own actions do not explain. When a team restarts a workload, its Pods are others, and the deployment
 * controller writes the status of its Deployment and ReplicaSets.
 */
export function unexplained(
  { added, removed, changed }: Difference,
  { restarted: namespaces, moved }: TeamActions,
): Difference {
  const isOfRestart = (object: string, kinds: readonly string[]) => {
    const [kind = "", namespace = ""] = object.split(" ");
    return kinds.includes(kind) && namespaces.has(namespace);
  };
  const isPod = (object: string) => isOfRestart(object, ["Pod"]);
  const isStatus = ({ object, fields }: Difference["changed"][number]) =>
    isOfRestart(object, ["Deployment.apps", "ReplicaSet.apps"]) &&
    fields.every((field) => field === "status");
  const isOfMove = ({ object, fields }: Difference["changed"][number]) => {
    const [kind = "", name = ""] = object.split(" ");
    if (!moved.has(name)) return false;
    return fields.length > 0 && fields.every((field) => OF_MOVES[kind]?.includes(field));
  };
  const pods = [added, removed].map((objects) => objects.filter(isPod).length);
  return {
    // As many as before.
    added: pods[0] === pods[1] ? added.filter((object) => !isPod(object)) : added,
    removed: pods[0] === pods[1] ? removed.filter((object) => !isPod(object)) : removed,
    changed: changed.filter((change) => !isStatus(change) && !isOfMove(change)),
  };
}
