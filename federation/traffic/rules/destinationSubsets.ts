import { suggestion } from "../../core/schema.ts";
import { MESH, destinationsOf, isForSidecars } from "../destinations.ts";
import { formatObject } from "../trafficObject.ts";
import { type TrafficFinding, type TrafficRule, hasFaulty, ofKind } from "../trafficRule.ts";
import { webHost } from "./hostForm.ts";

/** A route to a subset that no DestinationRule of its host has: its requests get a 503 (`DestinationRuleAnalyzer`). */
export const destinationSubsets: TrafficRule = {
  code: "IST0101",
  checks: "routes name subsets that DestinationRules have",
  needs: ["foreign"],
  find: (context) => {
    const { objects, foreign, hosts } = context;
    const isComplete = !hasFaulty(context, "DestinationRule");
    const rules = ofKind([...objects, ...foreign], "DestinationRule");
    return ofKind(objects, "VirtualService").flatMap(({ object, spec }) =>
      destinationsOf(spec).flatMap(({ destination: { host = "", subset }, path }): TrafficFinding[] => {
        if (subset === undefined || subset === "") return [];
        const full = hosts.resolve(host, object.namespace);
        const [imported] = hosts
          .find(host, object.namespace)
          .flatMap(({ source }) => (source.kind === "import" ? [source.imported] : []));
        const place = { object, path: `${path}.subset`, value: subset };
        if (imported !== undefined)
          return [
            {
              ...{ level: "fault", ...place },
              rule: `is a subset of a service of peer ${imported.peer}, whose gateway knows no subsets`,
              remedy:
                "Have the peer offer each version under a host of its own (exports: as), and route to that",
            },
          ];
        const ofHost = rules.filter(
          ({ object: rule, spec: { host: theirs = "" } }) => hosts.resolve(theirs, rule.namespace) === full,
        );
        const known = ofHost.flatMap(({ spec: { subsets = [] } }) => subsets.map(({ name = "" }) => name));
        if (known.includes(subset) || !isComplete || webHost(host) !== undefined) return [];
        const rule =
          ofHost.length === 0
            ? `is no subset: there is no DestinationRule for ${full}`
            : `is no subset of ${full}: its DestinationRules have ${known.join(", ") || "none"}`;
        const remedy =
          suggestion(subset, known) ?? "Declare it under 'subsets' of the DestinationRule for this host";
        return [{ level: "fault", ...place, rule, remedy }];
      }),
    );
  },
};

/** A route of a Gateway to a host whose subsets only routes of sidecars choose: gateways follow their own VirtualServices. */
export const gatewaySubsets: TrafficRule = {
  code: "IST0140",
  checks: "subsets have effect on requests through Gateways",
  needs: ["foreign"],
  find: ({ objects, foreign, hosts }) => {
    const ofSidecars = ofKind([...objects, ...foreign], "VirtualService").filter(
      ({ spec }) =>
        isForSidecars(spec) &&
        destinationsOf(spec).some(({ destination }) => destination.subset !== undefined),
    );
    return ofKind(objects, "VirtualService").flatMap(({ object, spec }) => {
      if (!(spec.gateways ?? []).some((gateway) => gateway !== MESH)) return [];
      return destinationsOf(spec).flatMap(({ destination, path, isMirror }): TrafficFinding[] => {
        const { host = "", subset } = destination;
        const full = hosts.resolve(host, object.namespace);
        const other = ofSidecars.find(
          (each) =>
            each.object !== object &&
            (each.spec.hosts ?? []).some((theirs) => hosts.resolve(theirs, each.object.namespace) === full),
        );
        if (isMirror || subset !== undefined || other === undefined) return [];
        return [
          {
            ...{ level: "warning", object, path: `${path}.host`, value: host },
            rule: `has subsets by ${formatObject(other.object)} (${other.object.source}), which gateways do not follow: their requests go to all Pods`,
            remedy: "Name subsets and weights in this route too, if they are meant for its requests",
          },
        ];
      });
    });
  },
};
