import { type TrafficFinding, type TrafficRule, ofKind } from "../trafficRule.ts";

/** A Gateway that lets calls in for every Service by SNI: export rules decide what peers reach, and would be passed by. */
export const autoPassthrough: TrafficRule = {
  code: "auto-passthrough",
  checks: "Gateways open more than is exported",
  needs: [],
  find: ({ objects }) =>
    ofKind(objects, "Gateway").flatMap(({ object, spec: { servers = [] } }) =>
      servers.flatMap(({ tls }, index): TrafficFinding[] =>
        tls?.mode === "AUTO_PASSTHROUGH"
          ? [
              {
                ...{ level: "fault", object, path: `spec.servers[${index}].tls.mode`, value: tls.mode },
                rule: "opens Services to whoever has a certificate of the mesh, beside the export rules",
                remedy:
                  "Export Services by 'exports', or write PASSTHROUGH with a VirtualService for each host",
              },
            ]
          : [],
      ),
    ),
};
