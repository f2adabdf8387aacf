import type { GuardedService } from "./guardedService.ts";
import { someOf } from "../change.ts";
import { type Fault, within } from "../fault.ts";
import { sortedUnique } from "../order.ts";
import { sharingIndex } from "./sharingIndex.ts";

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
      const names = someOf(sortedUnique(others.map((other) => other.name)));
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
