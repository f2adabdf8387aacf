import { firstNames } from "../core/text.ts";
import { type Fault, within } from "../core/fault.ts";
import { compareKeys, sortedRecord, sortedUnique } from "../core/order.ts";
import type { Offer } from "../exports/offer.ts";

type Selector = Readonly<Record<string, string>>;

/** Joins two selectors; undefined where no workload can match both, as they need different values of a label. */
export function joinSelectors(one: Selector, other: Selector): Record<string, string> | undefined {
  const isConflicting = Object.entries(other).some(
    ([key, value]) => Object.hasOwn(one, key) && one[key] !== value,
  );
  return isConflicting ? undefined : sortedRecord(Object.entries({ ...one, ...other }));
}

/** Whether two Services can select one workload, as equal Services do. A Service without a selector selects none. */
export function mayShareWorkloads(
  one: { namespace: string; selector: Selector },
  other: { namespace: string; selector: Selector },
): boolean {
  const areSelecting = [one, other].every(({ selector }) => Object.keys(selector).length > 0);
  if (!areSelecting || one.namespace !== other.namespace) return false;
  return joinSelectors(one.selector, other.selector) !== undefined;
}

/** Removes selectors whose workloads another one selects too; sorted. */
export function widestSelectors(selectors: readonly Record<string, string>[]): Record<string, string>[] {
  const different = new Map(selectors.map((selector) => [JSON.stringify(selector), selector]));
  const all = [...different].sort(compareKeys).map(([, selector]) => selector);
  return all.filter((selector) => !all.some((other) => other !== selector && isWithin(selector, other)));
}

/** Whether a selector requires all labels of another one. */
function isWithin(selector: Selector, other: Selector): boolean {
  return Object.entries(other).every(([key, value]) => selector[key] === value);
}

/** Services whose selectors have equal keys, with summaries by the values of some keys. */
interface SelectorGroup<T, Summary> {
  keys: string[];
  members: readonly T[];
  byValues: Map<string, ReadonlyMap<string, Summary>>;
}

/**
 * Indexes the Services of one namespace by the workloads that they can share (see {@link mayShareWorkloads}): Services whose selectors have
 * equal keys are grouped by the values of the keys in common. A query does not visit every Service.
 * @param summarize called once for each group of Services with equal values.
 * @returns summaries that together cover all Services that can share a workload, and no others; none for a Service without a selector.
 */
export function sharedWorkloadIndex<T extends { selector: Selector }, Summary>(
  services: readonly T[],
  summarize: (members: readonly T[]) => Summary,
): (service: { selector: Selector }) => Summary[] {
  const byKeys = Map.groupBy(services, ({ selector }) => JSON.stringify(Object.keys(selector).sort()));
  const groups = [...byKeys.values()].flatMap((members): SelectorGroup<T, Summary>[] => {
    const keys = Object.keys(members[0]?.selector ?? {}).sort();
    return keys.length === 0 ? [] : [{ keys, members, byValues: new Map() }];
  });
  return ({ selector }) => {
    if (Object.keys(selector).length === 0) return [];
    return groups.flatMap(({ keys, members, byValues }) => {
      const common = keys.filter((key) => Object.hasOwn(selector, key));
      const name = JSON.stringify(common);
      const index = byValues.get(name) ?? indexBy(members, common, summarize);
      byValues.set(name, index);
      return index.get(valuesOf(selector, common)) ?? [];
    });
  };
}

function indexBy<T extends { selector: Selector }, Summary>(
  members: readonly T[],
  keys: readonly string[],
  summarize: (members: readonly T[]) => Summary,
): ReadonlyMap<string, Summary> {
  const together = Map.groupBy(members, ({ selector }) => valuesOf(selector, keys));
  return new Map([...together].map(([values, some]) => [values, summarize(some)]));
}

function valuesOf(selector: Selector, keys: readonly string[]): string {
  return JSON.stringify(keys.map((key) => selector[key]));
}

/** A target port of a Service. */
interface TargetPort {
  /** The Service's place among those of its namespace. */
  index: number;
  name: string;
  selector: Selector;
  target: number;
  via: Offer["via"];
  callers: string;
}

/**
 * Warns of Services that can share a port of some workload and admit different callers; once for each pair.
 * @param neighbours exports of one namespace.
 */
export function sharedPortWarnings(neighbours: readonly Offer[]): Fault[] {
  const own = neighbours.map(targetPortsOf);
  const sharing = sharedWorkloadIndex(own.flat(), byTargetAndCallers);
  return neighbours.flatMap(({ namespace, name, via }, index) => {
    const differing = (own[index] ?? []).flatMap((port) =>
      sharing(port)
        .flatMap((byTarget) => [...(byTarget.get(port.target) ?? [])])
        .flatMap(([callers, others]) => (callers === port.callers ? [] : others))
        .filter((other) => other.index < index),
    );
    return [true, false].flatMap((isAlike) => {
      const others = differing.filter((other) => (other.via === via) === isAlike);
      if (others.length === 0) return [];
      const names = firstNames(sortedUnique(others.map((other) => other.name)));
      const warning = {
        path: "ports",
        rule: `are ports of ${names} too, at the same workloads and for other callers${isAlike ? BOTH : ONE_TERMINATED}`,
        remedy: "Export them by one rule, or give the workloads a port for each",
      };
      return [within(`Service ${namespace}/${name}`, warning)];
    });
  });
}

const BOTH = ": only callers that both admit can call";
/** The workload sees the gateway as caller. */
const ONE_TERMINATED =
  ", and the gateway terminates TLS for one of the two only: through that one peers' callers can call that its rule admits, " +
  "whatever the other's rule is; through the other one, and from this cluster, only callers that both admit";

function targetPortsOf(offer: Offer, index: number): TargetPort[] {
  const { name, selector, ports, via } = offer;
  const targets = new Set(ports.flatMap(({ targetPorts }) => targetPorts));
  const callers = callersKey(offer);
  return [...targets].map((target) => ({ index, name, selector, target, via, callers }));
}

function byTargetAndCallers(ports: readonly TargetPort[]): Map<number, Map<string, TargetPort[]>> {
  const byTarget = Map.groupBy(ports, ({ target }) => target);
  return new Map(
    [...byTarget].map(([target, some]) => [target, Map.groupBy(some, ({ callers }) => callers)]),
  );
}

/** Equal for Services that admit the same callers. */
function callersKey({ audience, rule: { callers, localCallers } }: Offer): string {
  return JSON.stringify([sortedUnique(audience), callers ?? "all", localCallers ?? "all"]);
}
