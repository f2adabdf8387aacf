import { isDeepStrictEqual } from "node:util";
import { type Crd, fieldSchema, withDefaults } from "./crd.ts";
import type { Hosts } from "./hosts.ts";
import { type Entry, entriesOf, ignoredParts, isIgnored } from "./ignoredFields.ts";
import { type TrafficObject, objectKey } from "./trafficObject.ts";

/**
 * Lists of specs that an update leaves as they are in the cluster, by object: `{"networking.istio.io/VirtualService/shop/reviews": ["http"]}`.
 * Each object with ignored parts is in it, with an empty list where all is written.
 */
export type UnchangedLists = Readonly<Record<string, readonly string[]>>;

/** The stack's objects in the cluster, and what their values are compared by. */
export interface LiveObjects {
  /** Undefined where they cannot be read. */
  applied: readonly TrafficObject[] | undefined;
  /** For the defaults that the API server adds. */
  crds: readonly Crd[];
}

/**
 * Declares ignored fields as they are in the cluster, since a list is written as a whole. An object or entry that is not there yet keeps
 * what its file has, and so does a route with other destinations than in the cluster.
 */
export function withLiveFields(
  objects: readonly TrafficObject[],
  { applied = [], crds }: LiveObjects,
  hosts: Pick<Hosts, "resolve">,
): TrafficObject[] {
  const byKey = new Map(applied.map((object) => [objectKey(object), object]));
  return objects.map((object) => {
    const ignored = ignoredParts(object);
    const live = byKey.get(objectKey(object));
    if (ignored === undefined || live === undefined) return object;
    const { field, addedRoutes } = ignored;
    const lists = field.lists.filter((list) => object.spec[list] !== undefined);
    const copied = lists.map((list) => {
      const found = entriesOf(live, list).filter(({ name }) => !addedRoutes.includes(String(name)));
      const identities = found.map((entry) => field.identify(entry, live.namespace, hosts));
      const whole = defaultedEntries(object, list, crds);
      const entries = entriesOf(object, list).map((entry, index) => {
        const identity = field.identify(entry, object.namespace, hosts);
        const former = counterpart(whole[index] ?? entry, {
          alike: found.filter((_each, place) => identities[place] === identity),
          samePlace: identities[index] === identity ? found[index] : undefined,
        });
        const isCopied = isIgnored(ignored, entry) && former !== undefined;
        return isCopied ? field.copy(entry, former, object.namespace, hosts) : entry;
      });
      return [list, entries] as const;
    });
    return { ...object, spec: { ...object.spec, ...Object.fromEntries(copied) } };
  });
}

/** Puts routes that another controller added in front of the stack's, as they are in the cluster. */
export function withAddedRoutes(
  objects: readonly TrafficObject[],
  { applied = [] }: Pick<LiveObjects, "applied">,
): TrafficObject[] {
  const byKey = new Map(applied.map((object) => [objectKey(object), object]));
  return objects.map((object) => {
    const { field, addedRoutes = [] } = ignoredParts(object) ?? {};
    const [list] = field?.lists ?? [];
    const live = byKey.get(objectKey(object));
    if (list === undefined || live === undefined) return object;
    const added = entriesOf(live, list).filter(({ name }) => addedRoutes.includes(String(name)));
    if (added.length === 0) return object;
    return { ...object, spec: { ...object.spec, [list]: [...added, ...entriesOf(object, list)] } };
  });
}

/**
 * Finds the entry of the cluster that an entry describes: by its name, else its match, else its place.
 * @param alike entries of the cluster with the destinations of this one.
 */
function counterpart(
  entry: Entry,
  { alike, samePlace }: { alike: readonly Entry[]; samePlace: Entry | undefined },
): Entry | undefined {
  const { name } = entry;
  // A route may get its name with the annotation.
  const found = alike.filter((each) => [name, undefined].includes(each["name"]) || name === undefined);
  const sameName = name === undefined ? undefined : found.find((each) => each["name"] === name);
  const sameMatch = found.find((each) => MATCHES.every((key) => isDeepStrictEqual(each[key], entry[key])));
  const atPlace = found.find((each) => each === samePlace);
  return sameName ?? sameMatch ?? atPlace ?? (found.length === 1 ? found[0] : undefined);
}

/** Fields with the requests of a route, of Istio and of the Gateway API. */
const MATCHES = ["match", "matches"] as const;

/**
 * Returns the lists with ignored parts that are in the cluster as they are declared, so that no update needs to write them. Pulumi's state
 * has the fields of the last update: without this they would be a change in each preview, and a write would undo moves since the reading.
 * Where the cluster cannot be read, it is all lists with ignored parts.
 * @param objects with the ignored fields of the cluster.
 */
export function unchangedLists(
  objects: readonly TrafficObject[],
  { applied, crds }: LiveObjects,
): UnchangedLists {
  const byKey = new Map(applied?.map((object) => [objectKey(object), object]));
  return Object.fromEntries(
    objects.flatMap((object) => {
      const ignored = ignoredParts(object);
      if (ignored === undefined) return [];
      const live = byKey.get(objectKey(object));
      const lists = ignored.field.lists.filter((list) => {
        const entries = entriesOf(object, list);
        const hasAdded = ignored.addedRoutes.length > 0 && list === ignored.field.lists[0];
        if (!hasAdded && !entries.some((entry) => isIgnored(ignored, entry))) return false;
        return (
          applied === undefined || isDeepStrictEqual(live?.spec[list], defaultedEntries(object, list, crds))
        );
      });
      return [[objectKey(object), lists]];
    }),
  );
}

/** Returns a list of a spec with the defaults of its CRD. */
function defaultedEntries(object: TrafficObject, list: string, crds: readonly Crd[]): readonly Entry[] {
  const { group, kind, apiVersion } = object;
  const crd = crds.find((each) => each.group === group && each.kind === kind);
  const version = crd?.versions.find(({ name }) => apiVersion === `${group}/${name}`);
  const spec = version && fieldSchema(version.schema, "spec");
  const schema = spec && fieldSchema(spec, list);
  const entries = entriesOf(object, list);
  return schema === undefined ? entries : (withDefaults(entries, schema) as readonly Entry[]);
}
