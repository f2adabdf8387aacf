import { haveCommonViewer, viewersOf } from "../../core/exportTo.ts";
import { firstNames } from "../../core/text.ts";
import { callProblems } from "../../imports/callProblems.ts";
import { routesOf } from "../destinations.ts";
import { type Hosts, type ImportedHost, covers } from "../hosts.ts";
import type { DestinationRuleSpec } from "../specs.ts";
import type { TrafficObject } from "../trafficObject.ts";
import { type TrafficFinding, type TrafficRule, ofKind } from "../trafficRule.ts";

/** A DestinationRule for imported hosts: it replaces the one by which this program reaches the peer's gateway; Istio merges none. */
export const rulesOfImports: TrafficRule = {
  code: "import-rule",
  checks: "DestinationRules let calls to imported hosts through",
  needs: [],
  find: ({ objects, hosts }) =>
    ofKind(objects, "DestinationRule").flatMap(({ object, spec }): TrafficFinding[] => {
      const problems = importsOf(hosts, object, spec).flatMap(({ host, peer, service }) =>
        service === undefined
          ? []
          : callProblems(host, service, spec.trafficPolicy).map((problem) => ({ ...problem, host, peer })),
      );
      return [...Map.groupBy(problems, ({ rule }) => rule).values()].flatMap((alike): TrafficFinding[] => {
        const [first] = alike;
        if (first === undefined) return [];
        const { isFatal, rule, remedy, peer } = first;
        const of = firstNames(alike.map(({ host }) => host));
        return [
          {
            ...{ level: isFatal ? "fault" : "warning", object, path: "spec" },
            rule: `is for ${of}, which peer ${peer} serves, and ${rule}`,
            remedy,
          },
        ];
      });
    }),
};

/** The imported hosts that a DestinationRule is for, among those that its readers see. */
function importsOf(
  hosts: Hosts,
  object: TrafficObject,
  { host = "", exportTo }: DestinationRuleSpec,
): ImportedHost[] {
  const full = hosts.resolve(host, object.namespace);
  const viewers = viewersOf(exportTo, object.namespace);
  return hosts.all.flatMap(({ source, ...known }) =>
    source.kind === "import" && covers(full, known.host) && haveCommonViewer(viewers, known.viewers)
      ? [source.imported]
      : [],
  );
}

/** Weights between a host of this cluster and an imported one: locality and outlier detection act within one host, so neither stands in for the other. */
export const sharedWeights: TrafficRule = {
  code: "no-failover",
  checks: "a share of calls is lost with a peer",
  needs: ["services"],
  find: ({ objects, hosts }) =>
    ofKind(objects, "VirtualService")
      // A canary's note says so.
      .filter(({ object }) => !object.source.startsWith("traffic.canaries"))
      .flatMap(({ object, spec }) =>
        routesOf(spec).flatMap(({ path, route: { route = [] } }): TrafficFinding[] => {
          const used = route.filter(({ weight = 100 }) => weight > 0);
          const found = used.map(
            ({ destination }) => hosts.find(destination?.host ?? "", object.namespace)[0],
          );
          const imported = found.flatMap((each) =>
            each?.source.kind === "import" ? [each.source.imported] : [],
          );
          const local = found.filter((each) => each !== undefined && each.source.kind !== "import");
          const [first] = imported;
          if (first === undefined || local.length === 0) return [];
          return [
            {
              ...{ level: "warning", object, path: `${path}.route` },
              rule: `shares calls with ${first.host} of peer ${first.peer}: while the peer does not answer its share fails, as there is no failover between hosts`,
              remedy:
                "Take the share back by hand then; for failover let several peers serve one host (docs/imports.md)",
            },
          ];
        }),
      ),
};

/** A ServiceEntry for a host that a peer serves: Istio takes the older of the two, and calls go elsewhere from one day to the next. */
export const claimedImports: TrafficRule = {
  code: "claimed-import",
  checks: "ServiceEntries have hosts of peers",
  needs: [],
  find: ({ objects, hosts }) =>
    ofKind(objects, "ServiceEntry").flatMap(({ object, spec: { hosts: own = [], exportTo } }) =>
      own.flatMap((host, index): TrafficFinding[] => {
        const viewers = viewersOf(exportTo, object.namespace);
        const [imported] = hosts.all.flatMap(({ source, ...known }) =>
          source.kind === "import" && known.host === host && haveCommonViewer(viewers, known.viewers)
            ? [source.imported]
            : [],
        );
        if (imported === undefined) return [];
        return [
          {
            ...{ level: "fault", object, path: `spec.hosts[${index}]`, value: host },
            rule: `is imported from peer ${imported.peer}: Istio would take one of the two entries`,
            remedy: `Remove the host here, or leave it out of the import (peers.${imported.peer}.imports)`,
          },
        ];
      }),
    ),
};
