import { matches } from "../../core/labels.ts";
import { compareKeys } from "../../core/order.ts";
import { firstNames } from "../../core/text.ts";
import type { GatewaySpec } from "../specs.ts";
import { formatObject, fullName } from "../trafficObject.ts";
import { type TrafficContext, type TrafficFinding, type TrafficRule, ofKind } from "../trafficRule.ts";

/**
 * One host at one port of two Gateways for the same Pods: Istio takes the older Gateway's server (`ConflictingGatewayAnalyzer`). Of two namespaces it is
 * a warning: an istiod that scopes Gateways to namespaces looks at one of them alone.
 */
export const gatewayConflicts: TrafficRule = {
  code: "IST0145",
  checks: "Gateways of the same Pods have the same hosts",
  needs: ["services", "foreign"],
  find: (context) => {
    const ours = ofKind(context.objects, "Gateway");
    const all = [...ours, ...ofKind(context.foreign, "Gateway")];
    return ours.flatMap(({ object, spec }, at) =>
      (spec.servers ?? []).flatMap((server, index): TrafficFinding[] => {
        // Of two of the stack, the later one has the finding.
        const others = all.filter(
          (other, place) => other.object !== object && (place >= ours.length || place < at),
        );
        const [other] = others.filter(
          (each) =>
            selectSame(spec, each.spec, context) &&
            (each.spec.servers ?? []).some(
              (theirs) =>
                theirs.port?.number === server.port?.number &&
                (theirs.bind ?? "") === (server.bind ?? "") &&
                (theirs.hosts ?? []).some((host) => server.hosts?.includes(host) === true),
            ),
        );
        if (other === undefined) return [];
        return [
          {
            level: other.object.namespace === object.namespace ? "fault" : "warning",
            ...{ object, path: `spec.servers[${index}].hosts` },
            rule: `${firstNames(server.hosts ?? [])} at port ${server.port?.number ?? "?"} is in ${formatObject(other.object)} too (${other.object.source}), for the same Pods: Istio takes the older one's`,
            remedy: "Put the hosts into one of them, or give them different ports",
          },
        ];
      }),
    );
  },
};

/** Whether two Gateways are for the same Pods: by equal selectors, or by Pods that both select. */
function selectSame(one: GatewaySpec, other: GatewaySpec, { workloads }: TrafficContext): boolean {
  const [own, theirs] = [one.selector ?? {}, other.selector ?? {}];
  const sorted = (selector: Record<string, string>): string =>
    JSON.stringify(Object.entries(selector).sort(compareKeys));
  if (sorted(own) === sorted(theirs)) return true;
  return workloads.some(({ labels }) => matches(own, labels) && matches(theirs, labels));
}

/** A port of a Gateway that its Service does not lead to (`IngressGatewayPortAnalyzer`): it is reached by the Pods' addresses alone. */
export const gatewayPorts: TrafficRule = {
  code: "IST0162",
  checks: "Services lead to the ports of Gateways",
  needs: ["services"],
  find: ({ objects, services, workloads }) =>
    ofKind(objects, "Gateway").flatMap(({ object, spec: { selector = {}, servers = [] } }) => {
      const pods = workloads.filter(
        ({ labels }) => Object.keys(selector).length > 0 && matches(selector, labels),
      );
      const leading = services.filter(
        (service) =>
          Object.keys(service.selector).length > 0 &&
          pods.some(
            ({ namespace, labels }) => namespace === service.namespace && matches(service.selector, labels),
          ),
      );
      // A gateway without a Service is called by its Pods' addresses, or by those of its nodes.
      if (leading.length === 0) return [];
      const ports = leading.flatMap((service) => service.ports);
      return servers.flatMap(({ port }, index): TrafficFinding[] => {
        const number = port?.number;
        const isLed = ports.some(
          (each) =>
            each.port === number ||
            (each.targetPort ?? each.port) === number ||
            typeof each.targetPort === "string",
        );
        if (number === undefined || number < 1 || number > 65535 || isLed) return [];
        return [
          {
            ...{ level: "warning", object, path: `spec.servers[${index}].port.number`, value: number },
            rule: `is no port of ${firstNames(leading.map((service) => `Service ${fullName(service)}`))}, so nobody reaches it through the Service`,
            remedy:
              "Add the port to the Service (Helm value service.ports of the gateway chart), or correct it",
          },
        ];
      });
    }),
};
