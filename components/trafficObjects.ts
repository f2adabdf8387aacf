import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { MANAGED_BY, MANAGED_BY_LABEL, TRAFFIC_LABEL } from "../federation/core/labels.ts";
import { withoutUndefined } from "../federation/core/order.ts";
import { routeTargets } from "../federation/traffic/routeTargets.ts";
import { formatObject, type TrafficObject } from "../federation/traffic/trafficObject.ts";
import { RoutePropagation } from "../providers/routePropagation.ts";

/** Arguments of `TrafficObjects`. */
export interface TrafficObjectsArgs {
  /** At most one of each kind, namespace and name; sorted. */
  objects: readonly TrafficObject[];
}

/**
 * Istio's and Gateway API's objects of a stack, each a resource of its own: VirtualServices after what they route to. Fails for an object of this name that somebody else created, and
 * leaves it unchanged.
 */
export class TrafficObjects extends pulumi.ComponentResource {
  constructor(name: string, { objects }: TrafficObjectsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("istio-federation:index:TrafficObjects", name, {}, opts);
    const declare = (object: TrafficObject, dependsOn: pulumi.Resource[]) => {
      const { apiVersion, kind, namespace, name: own, spec } = object;
      const labels = { ...object.labels, [MANAGED_BY_LABEL]: MANAGED_BY, [TRAFFIC_LABEL]: "true" };
      // The API server drops empty ones, which would be a change in each update.
      const annotations = Object.keys(object.annotations).length === 0 ? undefined : object.annotations;
      return new kubernetes.apiextensions.CustomResource(
        formatObject(object),
        { apiVersion, kind, metadata: withoutUndefined({ namespace, name: own, labels, annotations }), spec },
        { parent: this, dependsOn },
      );
    };
    const isRoute = ({ kind }: TrafficObject) => kind === "VirtualService";
    const routes = objects.filter(isRoute);
    const declared = objects.filter((object) => !isRoute(object)).map((object) => declare(object, []));
    if (routes.length > 0) {
      const before = { parent: this, dependsOn: declared };
      const propagated = new RoutePropagation(`${name}-routes`, routeTargets(objects), before);
      for (const route of routes) declare(route, [propagated]);
    }
    this.registerOutputs({});
  }
}
