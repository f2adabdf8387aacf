import { matches } from "../../core/labels.ts";
import { sortedUnique } from "../../core/order.ts";
import { firstNames } from "../../core/text.ts";
import { type TrafficFinding, type TrafficRule, ofKind } from "../trafficRule.ts";
import { autoPassthrough } from "./autoPassthrough.ts";
import { eastWestPort } from "./ports.ts";

/**
 * A Gateway without Pods: it opens nothing. Istiods of this program, and many others (PILOT_SCOPE_GATEWAY_TO_NAMESPACE), give a Gateway to
 * the Pods of its own namespace alone.
 */
export const gatewayPods: TrafficRule = {
  code: "IST0101",
  checks: "Gateways have Pods",
  needs: ["services"],
  find: (context) => {
    const { objects, workloads } = context;
    const faulty = [eastWestPort, autoPassthrough].flatMap((rule) => rule.find(context));
    const inFault = new Set(faulty.map(({ object }) => object));
    return ofKind(objects, "Gateway").flatMap(({ object, spec: { selector = {} } }): TrafficFinding[] => {
      if (inFault.has(object)) return [];
      const labels = Object.entries(selector).map(([key, value]) => `${key}=${value}`);
      const selected = workloads.filter((workload) => matches(selector, workload.labels));
      if (labels.length === 0 || selected.some(({ namespace }) => namespace === object.namespace)) return [];
      const elsewhere = sortedUnique(selected.map(({ namespace }) => namespace));
      const place = { object, path: "spec.selector", value: labels.join(",") };
      if (elsewhere.length === 0)
        return [
          {
            ...{ level: "warning", ...place, rule: "selects no Pod, so the Gateway opens nothing" },
            remedy: "Correct it, or install the gateway whose Pods have these labels",
          },
        ];
      return [
        {
          ...{ level: "warning", ...place },
          rule: `selects Pods in other namespaces alone (${firstNames(elsewhere)}), and istiod may give a Gateway to the Pods of its own namespace only`,
          remedy: "Move the Gateway into the namespace of its Pods",
        },
      ];
    });
  },
};
