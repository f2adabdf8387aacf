import { suggestion } from "../../core/schema.ts";
import {
  GATEWAY_NAMESPACE,
  IMPORT_NAMESPACE,
  ISTIO_NAMESPACE,
  PUBLISH_NAMESPACE,
} from "../../core/wellKnown.ts";
import { count } from "../../core/text.ts";
import type { TrafficFinding, TrafficRule } from "../trafficRule.ts";

/** Namespaces that the program creates itself. */
const OWN = [GATEWAY_NAMESPACE, IMPORT_NAMESPACE, ISTIO_NAMESPACE, PUBLISH_NAMESPACE];

/** A namespace that is not there: the API server refuses all objects for it. One finding for each namespace. */
export const objectNamespaces: TrafficRule = {
  code: "namespace",
  checks: "the namespaces of objects are there",
  needs: ["services"],
  find: ({ objects, namespaces, mesh }) => {
    // No cluster is without: they were not read.
    if (Object.keys(namespaces).length === 0) return [];
    const known = [...Object.keys(namespaces), ...OWN, mesh.rootNamespace, ...mesh.ownNamespaces];
    const missing = Map.groupBy(
      objects.filter(({ namespace }) => !known.includes(namespace)),
      ({ namespace }) => namespace,
    );
    return [...missing].flatMap(([namespace, all]): TrafficFinding[] => {
      const [object] = all;
      if (object === undefined) return [];
      const more = all.length === 1 ? "" : `, as are those of ${count(all.length - 1)} more object(s)`;
      return [
        {
          ...{ level: "fault", object, path: "metadata.namespace", value: namespace },
          rule: `is not in the cluster${more}`,
          remedy:
            suggestion(namespace, Object.keys(namespaces)) ??
            `Create it first: \`kubectl create namespace ${namespace}\``,
        },
      ];
    });
  },
};
