import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { MANAGED_BY, MANAGED_BY_LABEL, TRAFFIC_LABEL } from "../federation/core/labels.ts";
import { withoutUndefined } from "../federation/core/order.ts";
import { routeTargets } from "../federation/traffic/routeTargets.ts";
import type { UnchangedLists } from "../federation/traffic/liveFields.ts";
import { formatObject, objectKey, type TrafficObject } from "../federation/traffic/trafficObject.ts";
import { inWriteOrder, type WriteOrder } from "../federation/traffic/writeOrder.ts";
import { RoutePropagation } from "../providers/routePropagation.ts";

/**
 * Annotation of the plugin for objects with ignored fields: the controller that moved one owns its list, and a list with another change would
 * be a conflict. Lists without a change are in `ignoreChanges`: the plugin leaves them out, or writes them as they are at that moment.
 */
const TAKES_OVER = { "pulumi.com/patchForce": "true" };

/** Arguments of `TrafficObjects`. */
export interface TrafficObjectsArgs {
  /** At most one of each kind, namespace and name; sorted. */
  objects: readonly TrafficObject[];
  order: WriteOrder;
  unchanged: UnchangedLists;
}

/**
 * Istio's and Gateway API's objects of a stack, each a resource of its own, written in an order that loses no request: VirtualServices once
 * sidecars know what they route to. Fails for an object of this name that somebody else created, and leaves it unchanged.
 */
export class TrafficObjects extends pulumi.ComponentResource {
  constructor(
    name: string,
    { objects, order, unchanged }: TrafficObjectsArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("istio-federation:index:TrafficObjects", name, {}, opts);
    const made = new Map<string, pulumi.Resource>();
    const declare = (object: TrafficObject, after: readonly pulumi.Resource[]) => {
      const { apiVersion, kind, namespace, name: objectName, spec } = object;
      const labels = { ...object.labels, [MANAGED_BY_LABEL]: MANAGED_BY, [TRAFFIC_LABEL]: "true" };
      const ignored = unchanged[objectKey(object)];
      const own = ignored === undefined ? object.annotations : { ...object.annotations, ...TAKES_OVER };
      // The API server drops empty ones, which would be a change in each update.
      const annotations = Object.keys(own).length === 0 ? undefined : own;
      const earlier = (order[objectKey(object)] ?? []).flatMap((key) => made.get(key) ?? []);
      const resource = new kubernetes.apiextensions.CustomResource(
        formatObject(object),
        {
          apiVersion,
          kind,
          metadata: withoutUndefined({ namespace, name: objectName, labels, annotations }),
          spec,
        },
        {
          parent: this,
          dependsOn: [...after, ...earlier],
          ignoreChanges: (ignored ?? []).map((list) => `spec.${list}`),
        },
      );
      made.set(objectKey(object), resource);
    };
    const isRoute = ({ kind }: TrafficObject) => kind === "VirtualService";
    const sorted = inWriteOrder(objects, order);
    const routes = sorted.filter(isRoute);
    for (const object of sorted) if (!isRoute(object)) declare(object, []);
    if (routes.length > 0) {
      const before = { parent: this, dependsOn: [...made.values()] };
      const propagated = new RoutePropagation(`${name}-routes`, routeTargets(objects), before);
      for (const route of routes) declare(route, [propagated]);
    }
    this.registerOutputs({});
  }
}
