import { suggestion } from "../../core/schema.ts";
import { destinationsOf } from "../destinations.ts";
import type { KnownHost } from "../hosts.ts";
import { type TrafficFinding, type TrafficRule, hasFaulty, ofKind } from "../trafficRule.ts";
import { webHost } from "./hostForm.ts";

/** A route to a host that nobody has: its requests fail (`DestinationHostAnalyzer` of istioctl). */
export const destinationHosts: TrafficRule = {
  code: "IST0101",
  checks: "routes lead to hosts that are there",
  needs: ["services", "foreign"],
  find: (context) => {
    const { objects, hosts } = context;
    if (!hosts.isComplete || hasFaulty(context, "ServiceEntry")) return [];
    return ofKind(objects, "VirtualService").flatMap(({ object, spec }) =>
      destinationsOf(spec).flatMap(({ destination: { host }, path, isMirror }): TrafficFinding[] => {
        if (host === undefined || webHost(host) !== undefined) return [];
        const found = hosts.find(host, object.namespace);
        const place = { object, path: `${path}.host`, value: host };
        if (found.length > 0) return found.flatMap((known) => importFindings(known, place));
        const full = hosts.resolve(host, object.namespace);
        const rule =
          full === host
            ? "is no host that the mesh knows"
            : `is '${full}' here, which is no host that the mesh knows`;
        const otherwise = host.includes(".")
          ? "Correct it, or declare a ServiceEntry for it"
          : "Write the full name of the Service, correct it, or declare a ServiceEntry for it";
        // Requests go on when only a copy of them is lost.
        return [
          {
            ...{ level: isMirror ? "warning" : "fault", ...place, rule },
            remedy: suggestion(full, hosts.names) ?? otherwise,
          },
        ];
      }),
    );
  },
};

/** Findings of a route to a peer's service that is going, or whose peer is not ready. */
function importFindings(
  { source }: KnownHost,
  place: Pick<TrafficFinding, "object" | "path" | "value">,
): TrafficFinding[] {
  if (source.kind !== "import") return [];
  const { state, peer } = source.imported;
  if (state === "removed")
    return [
      {
        ...{ level: "fault", ...place, rule: `is a service of peer ${peer} that this update removes` },
        remedy: "Take the route out first, or keep the import",
      },
    ];
  if (state === "kept")
    return [
      {
        ...{ level: "warning", ...place },
        rule: `is a service of peer ${peer}, which is not ready: what was registered before stays`,
        remedy: "See the peer's state in output peers",
      },
    ];
  return [];
}
