import { suggestion } from "../../core/schema.ts";
import { MESH, fullGatewayName } from "../destinations.ts";
import { covers } from "../hosts.ts";
import type { GatewaySpec } from "../specs.ts";
import { type TrafficObject, fullName, isIstio } from "../trafficObject.ts";
import { type TrafficFinding, type TrafficRule, hasFaulty, ofKind } from "../trafficRule.ts";
import { isHostOfServer, webHost } from "./hostForm.ts";

/** A VirtualService for a Gateway that is not there, which then has no effect (`GatewayAnalyzer`). */
export const routeGateways: TrafficRule = {
  code: "IST0101",
  checks: "the gateways of VirtualServices are there",
  needs: ["foreign"],
  find: (context) => {
    const { objects, foreign } = context;
    if (hasFaulty(context, "Gateway")) return [];
    const names = gatewaysIn([...objects, ...foreign]).map(({ object }) => fullName(object));
    return ofKind(objects, "VirtualService").flatMap(({ object, spec: { gateways = [] } }) =>
      gateways.flatMap((gateway, index): TrafficFinding[] => {
        if (gateway === MESH || names.includes(fullGatewayName(gateway, object.namespace))) return [];
        const full = fullGatewayName(gateway, object.namespace);
        return [
          {
            ...{ level: "fault", object, path: `spec.gateways[${index}]`, value: gateway },
            rule: gateway.includes("/") ? "is no Gateway" : `is Gateway '${full}' here, which is not there`,
            remedy:
              suggestion(full, names) ??
              `Write '<namespace>/<name>' of a Gateway${names.length === 0 ? "; there is none yet" : `, e.g. ${names[0]}`}`,
          },
        ];
      }),
    );
  },
};

/** A VirtualService none of whose hosts its Gateway lets in: the gateway answers 404 (`GatewayAnalyzer`). */
export const gatewayHosts: TrafficRule = {
  code: "IST0132",
  checks: "Gateways let the hosts of their VirtualServices in",
  needs: ["foreign"],
  find: ({ objects, foreign }) => {
    const gateways = gatewaysIn([...objects, ...foreign]);
    return ofKind(objects, "VirtualService").flatMap(({ object, spec: { gateways: own = [], hosts = [] } }) =>
      own.flatMap((gateway, index): TrafficFinding[] => {
        const full = fullGatewayName(gateway, object.namespace);
        const found = gateways.find((each) => fullName(each.object) === full);
        if (found === undefined || gateway === MESH || hosts.some((host) => webHost(host) !== undefined))
          return [];
        const admitted = serverHosts(found, object.namespace);
        if (hosts.some((host) => admitted.some((each) => covers(each, host) || covers(host, each))))
          return [];
        return [
          {
            ...{ level: "fault", object, path: `spec.gateways[${index}]`, value: gateway },
            rule: `lets none of the hosts ${hosts.join(", ")} in: it has ${admitted.join(", ") || "no host for this namespace"}`,
            remedy: "Add the host to a server of the Gateway, or correct spec.hosts",
          },
        ];
      }),
    );
  },
};

function gatewaysIn(objects: readonly TrafficObject[]): { object: TrafficObject; spec: GatewaySpec }[] {
  return ofKind(objects.filter(isIstio), "Gateway");
}

/** Hosts that a Gateway lets in for VirtualServices of a namespace: `./host`, `namespace/host` and `*` + `/host` restrict them. */
function serverHosts(
  { object, spec: { servers = [] } }: ReturnType<typeof gatewaysIn>[number],
  namespace: string,
): string[] {
  return servers
    .flatMap(({ hosts = [] }) => hosts)
    .flatMap((host) => {
      // A host with a path or a port has a fault of its own.
      if (!isHostOfServer(host)) return ["*"];
      const [place = "", name = ""] = host.includes("/") ? host.split("/") : ["*", host];
      const isFor = place === "*" || (place === "." ? object.namespace : place) === namespace;
      return isFor ? [name] : [];
    });
}
