import { isDeepStrictEqual } from "node:util";
import { routesOf } from "../destinations.ts";
import { formatShares, sum } from "../shares.ts";
import { objectKey } from "../trafficObject.ts";
import { type TrafficFinding, type TrafficRule, ofKind } from "../trafficRule.ts";

/** Weights whose total is not 100: Istio refuses a total of 0 alone, and takes all others as shares. */
export const routeWeights: TrafficRule = {
  code: "route-weights",
  checks: "weights are what they seem to be",
  needs: [],
  find: ({ objects, written }) => {
    const files = new Map(written.map((object) => [objectKey(object), object]));
    return ofKind(objects, "VirtualService").flatMap(({ object, spec }) => {
      const file = files.get(objectKey(object));
      const inFile = file === undefined ? [] : routesOf(file.spec);
      return routesOf(spec).flatMap(({ path, route: { route = [] } }, index): TrafficFinding[] => {
        const weights = route.map(({ weight = 0 }) => weight);
        const total = sum(weights);
        if (route.length < 2 || total === 100) return [];
        const place = { object, path: `${path}.route` };
        const isMoved = !isDeepStrictEqual(route, inFile[index]?.route.route ?? route);
        const by = isMoved ? ", moved by another controller" : "";
        if (total === 0)
          return [
            {
              ...{ level: "fault", ...place, rule: `has several destinations, and no weight above 0${by}` },
              remedy: isMoved ? CORRECT_CONTROLLER : "Give each its weight, 100 in total",
            },
          ];
        return [
          {
            ...{ level: "warning", ...place },
            rule: `has weights of ${weights.join(" and ")}${by}, in total ${total}: the shares are ${formatShares(weights)}`,
            remedy: isMoved ? CORRECT_CONTROLLER : "Make the total 100, so that weights are percentages",
          },
        ];
      });
    });
  },
};

const CORRECT_CONTROLLER = "Correct it where that controller is configured";
