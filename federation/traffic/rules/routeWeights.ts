import { routesOf } from "../destinations.ts";
import { formatShares, sum } from "../shares.ts";
import { type TrafficFinding, type TrafficRule, ofKind } from "../trafficRule.ts";

/** Weights whose total is not 100: Istio refuses a total of 0 alone, and takes all others as shares. */
export const routeWeights: TrafficRule = {
  code: "route-weights",
  checks: "weights are what they seem to be",
  needs: [],
  find: ({ objects }) =>
    ofKind(objects, "VirtualService").flatMap(({ object, spec }) =>
      routesOf(spec).flatMap(({ path, route: { route = [] } }): TrafficFinding[] => {
        const weights = route.map(({ weight = 0 }) => weight);
        const total = sum(weights);
        if (route.length < 2 || total === 100) return [];
        const place = { object, path: `${path}.route` };
        if (total === 0)
          return [
            {
              ...{ level: "fault", ...place, rule: "has several destinations, and no weight above 0" },
              remedy: "Give each its weight, 100 in total",
            },
          ];
        return [
          {
            ...{ level: "warning", ...place },
            rule: `has weights of ${weights.join(" and ")}, in total ${total}: the shares are ${formatShares(weights)}`,
            remedy: "Make the total 100, so that weights are percentages",
          },
        ];
      }),
    ),
};
