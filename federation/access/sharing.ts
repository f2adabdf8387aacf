import type { GuardedService } from "./policyTarget.ts";
import { firstNames } from "../core/change.ts";
import { type Fault, within } from "../core/fault.ts";
import { compare, sortedRecord, sortedUnique } from "../core/order.ts";

type Selector = Readonly<Record<string, string>>;

/** Selects the workloads that two selectors both select; undefined where there can be none, as they want other values of a label. */
export function joinSelectors(one: Selector, other: Selector): Record<string, string> | undefined {
  const disagree = Object.entries(other).some(
    ([key, value]) => Object.hasOwn(one, key) && one[key] !== value,
  );
  return disagree ? undefined : sortedRecord(Object.entries({ ...one, ...other }));
}

/** Whether some workload may be of both Services; each shares its own with itself. A Service without a selector has none. */
export function mayShare(
  one: { namespace: string; selector: Selector },
  other: { namespace: string; selector: Selector },
): boolean {
  const have = [one, other].every(({ selector }) => Object.keys(selector).length > 0);
  return (
    have && one.namespace === other.namespace && joinSelectors(one.selector, other.selector) !== undefined
  );
}

/** The widest of these selectors, in order: what a narrower one selects, another one does too. */
export function widest(selectors: readonly Record<string, string>[]): Record<string, string>[] {
  const different = new Map(selectors.map((selector) => [JSON.stringify(selector), selector]));
  const all = [...different].sort(([one], [other]) => compare(one, other)).map(([, selector]) => selector);
  return all.filter((selector) => !all.some((other) => other !== selector && isWithin(selector, other)));
}

/** Whether a selector asks for all that another one does. */
function isWithin(selector: Selector, other: Selector): boolean {
  return Object.entries(other).every(([key, value]) => selector[key] === value);
}
type Labels = Readonly<Record<string, string>>;

interface Selecting {
  selector: Labels;
}

/** Services whose selectors have the same keys, and what there is of those that have the same values of some of these. */
interface Group<T, Sum> {
  keys: string[];
  members: readonly T[];
  byValues: Map<string, ReadonlyMap<string, Sum>>;
}

/**
 * Finds, among the Services of one namespace, those of which some workload may be another Service's too (see `mayShare`), without looking at
 * each: of all whose selectors have the same keys, those with the same values of the common keys.
 * @param sum made once of all that go together, so that asking for each of ten thousand does not go through ten thousand.
 * @returns sums that together are of all that share, and of no others; none for a Service without a selector.
 */
export function sharingIndex<T extends Selecting, Sum>(
  services: readonly T[],
  sum: (members: readonly T[]) => Sum,
): (service: Selecting) => Sum[] {
  const byKeys = Map.groupBy(services, ({ selector }) => JSON.stringify(Object.keys(selector).sort()));
  const groups = [...byKeys.values()].flatMap((members): Group<T, Sum>[] => {
    const keys = Object.keys(members[0]?.selector ?? {}).sort();
    return keys.length === 0 ? [] : [{ keys, members, byValues: new Map() }];
  });
  return ({ selector }) => {
    if (Object.keys(selector).length === 0) return [];
    return groups.flatMap(({ keys, members, byValues }) => {
      const common = keys.filter((key) => Object.hasOwn(selector, key));
      const name = JSON.stringify(common);
      const index = byValues.get(name) ?? indexBy(members, common, sum);
      byValues.set(name, index);
      return index.get(valuesOf(selector, common)) ?? [];
    });
  };
}

function indexBy<T extends Selecting, Sum>(
  members: readonly T[],
  keys: readonly string[],
  sum: (members: readonly T[]) => Sum,
): ReadonlyMap<string, Sum> {
  const together = Map.groupBy(members, ({ selector }) => valuesOf(selector, keys));
  return new Map([...together].map(([values, some]) => [values, sum(some)]));
}

function valuesOf(selector: Labels, keys: readonly string[]): string {
  return JSON.stringify(keys.map((key) => selector[key]));
}
/** A Service, and a port of its workloads. */
interface OpenPort {
  /** The Service's place among its neighbours. */
  index: number;
  name: string;
  selector: Readonly<Record<string, string>>;
  target: number;
  /** Whether the gateway opens its calls. */
  isOpened: boolean;
  callers: string;
}

/**
 * Services that have a port of some workload in common and do not let the same callers in, each pair told of once.
 * @param neighbours the exported Services of one namespace.
 */
export function warnOfSharing(neighbours: readonly GuardedService[]): Fault[] {
  const own = neighbours.map((service, index) => portsOf(service, index));
  const sharing = sharingIndex(own.flat(), byTargetAndCallers);
  return neighbours.flatMap(({ namespace, name, terminated }, index) => {
    const differing = (own[index] ?? []).flatMap((port) =>
      sharing(port)
        .flatMap((byTarget) => [...(byTarget.get(port.target) ?? [])])
        .flatMap(([callers, others]) => (callers === port.callers ? [] : others))
        .filter((other) => other.index < index),
    );
    const isOpened = terminated === true;
    return [true, false].flatMap((alike) => {
      const others = differing.filter((other) => (other.isOpened === isOpened) === alike);
      if (others.length === 0) return [];
      const names = firstNames(sortedUnique(others.map((other) => other.name)));
      const warning = {
        path: "ports",
        rule: `are, of the same workloads, those of ${names} too, for other callers${alike ? BOTH : ONE_OPENED}`,
        remedy: "Export them by one rule, or give the workloads a port for each",
      };
      return [within(`Service ${namespace}/${name}`, warning)];
    });
  });
}

const BOTH = ": only whom both admit gets through";
/** A workload sees the gateway in the place of its callers. */
const ONE_OPENED =
  ", and the gateway opens calls of one of the two only: by that one peers' callers get through whom its rule admits, " +
  "whatever the other's rule says; by the other one, and of this cluster, only whom both admit";

function portsOf(service: GuardedService, index: number): OpenPort[] {
  const { name, selector, ports, terminated } = service;
  const targets = new Set(ports.flatMap(({ targetPorts = [] }) => targetPorts));
  const callers = whoMayCall(service);
  return [...targets].map((target) => ({
    index,
    name,
    selector,
    target,
    isOpened: terminated === true,
    callers,
  }));
}

function byTargetAndCallers(ports: readonly OpenPort[]): Map<number, Map<string, OpenPort[]>> {
  const byTarget = Map.groupBy(ports, ({ target }) => target);
  return new Map(
    [...byTarget].map(([target, some]) => [target, Map.groupBy(some, ({ callers }) => callers)]),
  );
}

function whoMayCall({ peers, rule: { callers, localCallers } }: GuardedService): string {
  return JSON.stringify([sortedUnique(peers), callers ?? "all", localCallers ?? "all"]);
}
