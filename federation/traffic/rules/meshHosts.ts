import { haveCommonViewer, viewersOf } from "../../core/exportTo.ts";
import { isForSidecars } from "../destinations.ts";
import { formatObject } from "../trafficObject.ts";
import { type TrafficFinding, type TrafficRule, ofKind } from "../trafficRule.ts";

/** Two VirtualServices of sidecars for one host: Istio takes the oldest and drops the other's routes (`ConflictingMeshGatewayHostsAnalyzer`). */
export const meshHosts: TrafficRule = {
  code: "IST0109",
  checks: "others have VirtualServices for the same hosts",
  needs: ["foreign"],
  find: ({ objects, foreign, hosts }) => {
    const all = ofKind([...objects, ...foreign], "VirtualService").filter(({ spec }) => isForSidecars(spec));
    const isOurs = new Set(objects);
    return all
      .filter(({ object }) => isOurs.has(object))
      .flatMap(({ object, spec }): TrafficFinding[] =>
        (spec.hosts ?? []).flatMap((host, index) => {
          const full = hosts.resolve(host, object.namespace);
          const other = all.find(
            (each) =>
              each.object !== object &&
              (each.spec.hosts ?? []).some(
                (theirs) => hosts.resolve(theirs, each.object.namespace) === full,
              ) &&
              haveCommonViewer(
                viewersOf(spec.exportTo, object.namespace),
                viewersOf(each.spec.exportTo, each.object.namespace),
              ),
          );
          if (other === undefined) return [];
          return [
            {
              ...{ level: "fault", object, path: `spec.hosts[${index}]`, value: host },
              rule: `is a host of ${formatObject(other.object)} too (${other.object.source}), and sidecars take the older one only`,
              remedy:
                "Put the routes of both into one VirtualService, or part the namespaces that see them by exportTo",
            },
          ];
        }),
      );
  },
};
