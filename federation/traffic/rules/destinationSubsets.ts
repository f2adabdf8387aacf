import { suggestion } from "../../core/schema.ts";
import { destinationsOf } from "../destinations.ts";
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
