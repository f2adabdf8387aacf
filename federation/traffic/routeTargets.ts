import { sortedUnique } from "../core/order.ts";
import { qualifiedHost } from "../core/serviceHost.ts";
import { destinationsOf } from "./destinations.ts";
import type { VirtualServiceSpec } from "./specs.ts";
import { type TrafficObject, isIstio } from "./trafficObject.ts";

/** Lists the hosts, with their subsets, that VirtualServices route to; sorted. */
export function routeTargets(objects: readonly TrafficObject[]): string[] {
  const routes = objects.filter((object) => isIstio(object) && object.kind === "VirtualService");
  return sortedUnique(
    routes.flatMap(({ namespace, spec }) =>
      destinationsOf(spec as VirtualServiceSpec).map(({ destination: { host = "", subset } }) => {
        const full = qualifiedHost(host, namespace);
        return subset === undefined ? full : `${full}, subset ${subset}`;
      }),
    ),
  );
}

/** Whether routes have to wait until sidecars know their targets: one is new. */
export function hasNewTargets(before: readonly string[], after: readonly string[]): boolean {
  return after.some((each) => !before.includes(each));
}
