import { matches } from "../../core/labels.ts";
import { type TrafficFinding, type TrafficRule, ofKind } from "../trafficRule.ts";

/** A subset without Pods: calls to it get a 503 (`PodNotSelectedAnalyzer`). They may come later, so it is a warning. */
export const subsetPods: TrafficRule = {
  code: "IST0173",
  checks: "subsets have Pods",
  needs: ["services"],
  find: ({ objects, hosts, workloads }) =>
    ofKind(objects, "DestinationRule").flatMap(({ object, spec: { host = "", subsets = [] } }) => {
      const [found] = hosts.find(host, object.namespace);
      if (found?.source.kind !== "Service") return [];
      const { service } = found.source;
      // Endpoints of a Service without a selector are somebody's own.
      if (Object.keys(service.selector).length === 0) return [];
      const pods = workloads.filter(
        ({ namespace, labels }) => namespace === service.namespace && matches(service.selector, labels),
      );
      return subsets.flatMap(({ name = "", labels = {} }, index): TrafficFinding[] => {
        // Labels of nodes and networks are none of Pods.
        const isOfPods = Object.keys(labels).every((key) => !key.startsWith("topology."));
        if (!isOfPods || pods.some((pod) => matches(labels, pod.labels))) return [];
        const wanted = Object.entries(labels)
          .map(([key, value]) => `${key}=${value}`)
          .join(",");
        return [
          {
            ...{ level: "warning", object, path: `spec.subsets[${index}]` },
            rule: `${JSON.stringify(name)} selects no Pod of Service ${service.namespace}/${service.name} (${wanted || "no labels"}): calls to it fail`,
            remedy: "Correct the labels, or start the Pods before calls are routed there",
          },
        ];
      });
    }),
};
