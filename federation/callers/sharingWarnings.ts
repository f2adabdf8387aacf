import type { GuardedService } from "./callerPolicy.ts";
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
  callers: string;
}

/**
 * Services that have a port of some workload in common and do not let the same callers in, each pair told of once.
 * @param neighbours the exported Services of one namespace.
 */
export function warnOfSharing(neighbours: readonly GuardedService[]): Fault[] {
  const own = neighbours.map((service, index) => portsOf(service, index));
  const sharing = sharingIndex(own.flat(), byTargetAndCallers);
  return neighbours.flatMap(({ namespace, name }, index) => {
    const differing = (own[index] ?? []).flatMap((port) =>
      sharing(port)
        .flatMap((byTarget) => [...(byTarget.get(port.target) ?? [])])
        .flatMap(([callers, others]) => (callers === port.callers ? [] : others))
        .filter((other) => other.index < index),
    );
    if (differing.length === 0) return [];
    const names = sortedUnique(differing.map((other) => other.name));
    const warning = {
      path: "ports",
      rule: `are, of the same workloads, those of ${someOf(names)} too, for other callers: only whom both admit gets through`,
      remedy: "Export them by one rule, or give the workloads a port for each",
    };
    return [within(`Service ${namespace}/${name}`, warning)];
  });
}

function portsOf(service: GuardedService, index: number): OpenPort[] {
  const { name, selector, ports } = service;
  const targets = new Set(ports.flatMap(({ targetPorts = [] }) => targetPorts));
  const callers = whoMayCall(service);
  return [...targets].map((target) => ({ index, name, selector, target, callers }));
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
