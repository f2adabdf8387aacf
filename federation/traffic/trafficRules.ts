import { destinationHosts } from "./rules/destinationHosts.ts";
import { destinationPorts } from "./rules/destinationPorts.ts";
import { destinationSubsets } from "./rules/destinationSubsets.ts";
import { foreignOwner } from "./rules/foreignOwner.ts";
import { hostForm } from "./rules/hostForm.ts";
import { meshHosts } from "./rules/meshHosts.ts";
import { gatewayHosts, routeGateways } from "./rules/routeGateways.ts";
import { routeOrder } from "./rules/routeOrder.ts";
import { routeWeights } from "./rules/routeWeights.ts";
import type { TrafficRule } from "./trafficRule.ts";

/** All rules, in the order of their findings. */
export const TRAFFIC_RULES: readonly TrafficRule[] = [
  foreignOwner,
  hostForm,
  destinationHosts,
  destinationPorts,
  destinationSubsets,
  routeGateways,
  gatewayHosts,
  meshHosts,
  routeOrder,
  routeWeights,
];
