import { sortedUnique } from "../core/order.ts";
import { destinationsOf } from "./destinations.ts";
import type { DestinationRuleSpec, VirtualServiceSpec } from "./specs.ts";
import { type TrafficObject, isIstio } from "./trafficObject.ts";

/** Names that sidecars have to know before a route with one of them. */
export interface RouteTargets {
  /** Hosts, with their subsets, that VirtualServices route to; sorted. */
  destinations: readonly string[];
  /** Subsets of DestinationRules; sorted. */
  subsets: readonly string[];
}

/** Lists the targets of routes. */
export function routeTargets(objects: readonly TrafficObject[]): RouteTargets {
  const ofKind = (kind: string) => objects.filter((object) => isIstio(object) && object.kind === kind);
  return {
    destinations: sortedUnique(
      ofKind("VirtualService").flatMap(({ namespace, spec }) =>
        destinationsOf(spec as VirtualServiceSpec).map(({ destination: { host = "", subset } }) =>
          formatTarget(host, subset, namespace),
        ),
      ),
    ),
    subsets: sortedUnique(
      ofKind("DestinationRule").flatMap(({ namespace, spec }) => {
        const { host = "", subsets = [] } = spec as DestinationRuleSpec;
        return subsets.map(({ name }) => formatTarget(host, name, namespace));
      }),
    ),
  };
}

/**
 * Whether routes have to wait until sidecars know their targets: one is new. Where a subset is removed too, waiting would prolong the time in
 * which former routes name it.
 */
export function hasNewTargets(before: RouteTargets, after: RouteTargets): boolean {
  const isAdded = after.destinations.some((each) => !before.destinations.includes(each));
  const isRemoved = before.subsets.some((each) => !after.subsets.includes(each));
  return isAdded && !isRemoved;
}

function formatTarget(host: string, subset: string | undefined, namespace: string): string {
  const full = host.includes(".") ? host : `${host}.${namespace}`;
  return subset === undefined ? full : `${full}, subset ${subset}`;
}
