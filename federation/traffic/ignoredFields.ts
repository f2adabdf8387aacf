import {
  IGNORE_ROUTES_ANNOTATION,
  IGNORE_SUBSET_LABELS_ANNOTATION,
  IGNORE_WEIGHTS_ANNOTATION,
} from "../core/labels.ts";
import type { Hosts } from "./hosts.ts";
import type { RouteDestination, Subset } from "./specs.ts";
import { type TrafficObject, isIstio } from "./trafficObject.ts";

/** A route of a VirtualService, a rule of an HTTPRoute, or a subset of a DestinationRule. */
export type Entry = Readonly<Record<string, unknown>>;

/** The field of a kind's entries that other controllers change at run time, and that the stack may ignore. */
export interface IgnorableField {
  readonly annotation: string;
  /** Lists of the spec. Server-side apply owns each as a whole: the CRDs of Istio and the Gateway API name no keys of their entries. */
  readonly lists: readonly string[];
  /** Noun of the entries. */
  readonly noun: "route" | "subset";
  /** Returns the destinations of a route, sorted, or the name of a subset: the field can be copied between entries that have these in common. */
  readonly identify: (entry: Entry, namespace: string, hosts: Pick<Hosts, "resolve">) => string;
  /** Returns an entry with the field of another one of the same identity. */
  readonly copy: (to: Entry, from: Entry, namespace: string, hosts: Pick<Hosts, "resolve">) => Entry;
}

type Identify = (destination: Entry, namespace: string, hosts: Pick<Hosts, "resolve">) => string;

/** Weights of the destinations in a field of each route. */
function weightsOf(lists: readonly string[], field: string, identify: Identify): IgnorableField {
  const destinationsOf = (entry: Entry) => (entry[field] ?? []) as readonly Entry[];
  return {
    annotation: IGNORE_WEIGHTS_ANNOTATION,
    lists,
    noun: "route",
    identify: (entry, namespace, hosts) =>
      destinationsOf(entry)
        .map((each) => identify(each, namespace, hosts))
        .sort()
        .join(", "),
    copy: (to, from, namespace, hosts) => {
      const left = [...destinationsOf(from)];
      const copied = destinationsOf(to).map(({ weight: _own, ...rest }) => {
        const name = identify(rest, namespace, hosts);
        const index = left.findIndex((each) => identify(each, namespace, hosts) === name);
        const [{ weight } = {}] = left.splice(index, 1);
        return weight === undefined ? rest : { ...rest, weight };
      });
      return { ...to, [field]: copied };
    },
  };
}

const ROUTE_WEIGHTS = weightsOf(["http", "tls", "tcp"], "route", (each, namespace, hosts) => {
  const { destination: { host = "", subset, port } = {} } = each as RouteDestination;
  return [hosts.resolve(host, namespace), subset ?? "", port?.number ?? ""].join(" ");
});

const BACKEND_WEIGHTS = weightsOf(["rules"], "backendRefs", (each, own) => {
  const {
    group = "",
    kind = "Service",
    namespace = own,
    name = "",
    port = "",
  } = each as Record<string, string>;
  return [group, kind, namespace, name, port].join(" ");
});

const SUBSET_LABELS: IgnorableField = {
  annotation: IGNORE_SUBSET_LABELS_ANNOTATION,
  lists: ["subsets"],
  noun: "subset",
  identify: (entry) => String(entry["name"]),
  copy: ({ labels: _own, ...to }, from) => {
    const { labels } = from as Subset;
    return labels === undefined ? to : { ...to, labels };
  },
};

/** Returns the field of an object's kind that the stack may ignore; undefined of a kind without any. */
export function ignorableField(object: Pick<TrafficObject, "group" | "kind">): IgnorableField | undefined {
  const { kind } = object;
  if (!isIstio(object)) return kind === "Gateway" ? undefined : BACKEND_WEIGHTS;
  return { VirtualService: ROUTE_WEIGHTS, DestinationRule: SUBSET_LABELS }[kind];
}

/** Returns the annotations of a kind of object by which the stack ignores something. */
export function annotationsOf(object: Pick<TrafficObject, "group" | "kind">): readonly string[] {
  const field = ignorableField(object);
  if (field === undefined) return [];
  return field.noun === "route" ? [field.annotation, IGNORE_ROUTES_ANNOTATION] : [field.annotation];
}

/** All annotations by which the stack ignores something. */
export const IGNORE_ANNOTATIONS = [
  IGNORE_WEIGHTS_ANNOTATION,
  IGNORE_ROUTES_ANNOTATION,
  IGNORE_SUBSET_LABELS_ANNOTATION,
] as const;

/** Parts of an object that the stack ignores. */
export interface IgnoredParts {
  readonly field: IgnorableField;
  /** Names of entries with an ignored field; undefined for all entries. */
  readonly names: readonly string[] | undefined;
  /** Names of routes that another controller adds. */
  readonly addedRoutes: readonly string[];
}

/** Parses the annotations of an object; undefined where the stack ignores nothing of it. */
export function ignoredParts(object: TrafficObject): IgnoredParts | undefined {
  const field = ignorableField(object);
  if (field === undefined) return undefined;
  const [value, routes] = annotationsOf(object).map((annotation) => object.annotations[annotation]);
  if (value === undefined && routes === undefined) return undefined;
  const isAll = ["true", "*"].includes((value ?? "").trim());
  return { field, names: isAll ? undefined : namesIn(value), addedRoutes: namesIn(routes) };
}

function namesIn(list: string | undefined): string[] {
  return list === undefined ? [] : list.split(",").map((name) => name.trim());
}

/** Whether the stack ignores the field of an entry. */
export function isIgnored({ names }: IgnoredParts, entry: Entry): boolean {
  return names === undefined || names.includes(String(entry["name"]));
}

/** Returns the entries of a list of a spec; none where it is missing. */
export function entriesOf({ spec }: Pick<TrafficObject, "spec">, list: string): readonly Entry[] {
  return (spec[list] ?? []) as readonly Entry[];
}
