import { TLS_MODE_LABEL, matches } from "../../core/labels.ts";
import { sortedUnique } from "../../core/order.ts";
import { count, firstNames } from "../../core/text.ts";
import type { Workload } from "../../exports/clusterServices.ts";
import { isAmbient } from "../../exports/injection.ts";
import type { Specs } from "../specs.ts";
import type { TrafficObject } from "../trafficObject.ts";
import { type TrafficContext, type TrafficFinding, type TrafficRule, ofKind } from "../trafficRule.ts";

/** Kinds that select workloads of their namespace, or of all in Istio's root namespace, by `spec.selector`. */
const SELECTING = [
  "AuthorizationPolicy",
  "PeerAuthentication",
  "ProxyConfig",
  "RequestAuthentication",
  "Telemetry",
] as const satisfies (keyof Specs)[];

/** Label of the Pods that Istio makes for a Gateway of the Gateway API. */
const GATEWAY_NAME_LABEL = "gateway.networking.k8s.io/gateway-name";

/** A policy that selects no workload (`AuthorizationPoliciesAnalyzer`, `SelectorAnalyzer`): it does nothing. */
export const policyWorkloads: TrafficRule = {
  code: "IST0127",
  checks: "policies select workloads",
  needs: ["services"],
  find: (context) => {
    const selections = [
      ...SELECTING.flatMap((kind) =>
        ofKind(context.objects, kind).map(({ object, spec }) => ({
          object,
          path: "spec.selector.matchLabels",
          labels: spec.selector?.matchLabels,
        })),
      ),
      ...ofKind(context.objects, "Sidecar").map(({ object, spec }) => ({
        object,
        path: "spec.workloadSelector.labels",
        labels: spec.workloadSelector?.labels,
      })),
    ];
    return selections.flatMap(({ object, path, labels = {} }): TrafficFinding[] => {
      const wanted = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
      if (wanted.length === 0 || selected(object, labels, context).length > 0) return [];
      return [
        {
          ...{ level: "warning", object, path, value: wanted.join(",") },
          rule: `selects no workload of ${object.namespace === context.mesh.rootNamespace ? "the mesh" : `namespace ${object.namespace}`}, so it does nothing`,
          remedy: "Correct the labels, or the namespace: a policy selects workloads of its own",
        },
      ];
    });
  },
};

/** A selector on Pods of a Gateway of the Gateway API, which Istio ignores there (`k8sgateway.SelectorAnalyzer`). */
export const gatewaySelectors: TrafficRule = {
  code: "IST0166",
  checks: "policies for Gateways of the Gateway API name them by targetRefs",
  needs: ["services"],
  find: (context) =>
    (["AuthorizationPolicy", "RequestAuthentication", "Telemetry"] as const).flatMap((kind) =>
      ofKind(context.objects, kind).flatMap(({ object, spec }): TrafficFinding[] => {
        const labels = spec.selector?.matchLabels ?? {};
        if (spec.targetRef !== undefined || (spec.targetRefs ?? []).length > 0) return [];
        const gateways = sortedUnique(
          selected(object, labels, context).flatMap((workload) => workload.labels[GATEWAY_NAME_LABEL] ?? []),
        );
        if (Object.keys(labels).length === 0 || gateways.length === 0) return [];
        return [
          {
            ...{ level: "warning", object, path: "spec.selector" },
            rule: `selects Pods of Gateway ${firstNames(gateways)}, for which selectors have no effect`,
            remedy: "Name the Gateway in targetRefs instead",
          },
        ];
      }),
    ),
};

/** A Sidecar for workloads in ambient mode, which have no sidecar (`sidecar.SelectorAnalyzer`). */
export const ambientSidecars: TrafficRule = {
  code: "IST0167",
  checks: "Sidecars are for workloads with sidecars",
  needs: ["services"],
  find: (context) =>
    ofKind(context.objects, "Sidecar").flatMap(({ object, spec }): TrafficFinding[] => {
      const found = selected(object, spec.workloadSelector?.labels ?? {}, context);
      const isNone = found.every((workload) =>
        isAmbient(workload, context.namespaces[workload.namespace] ?? {}),
      );
      if (found.length === 0 || !isNone) return [];
      return [
        {
          ...{ level: "warning", object, path: "" },
          rule: "is for workloads in ambient mode alone, which have no sidecar, so it does nothing",
          remedy: "Remove it, or take the workloads out of ambient mode",
        },
      ];
    }),
};

/** STRICT beside Pods without a sidecar: their calls are refused from now on. */
export const strictClients: TrafficRule = {
  code: "strict-clients",
  checks: "all callers of STRICT workloads have sidecars",
  needs: ["services"],
  find: (context) =>
    ofKind(context.objects, "PeerAuthentication").flatMap(({ object, spec }): TrafficFinding[] => {
      if (spec.mtls?.mode !== "STRICT") return [];
      const plain = context.workloads.filter((workload) => isPlain(workload, context));
      const namespaces = sortedUnique(plain.map(({ namespace }) => namespace));
      if (namespaces.length === 0) return [];
      return [
        {
          ...{ level: "warning", object, path: "spec.mtls.mode", value: "STRICT" },
          rule: `refuses calls of Pods without a sidecar, which there are: ${count(plain.length)} in ${firstNames(namespaces)}`,
          remedy:
            "Give those that call sidecars, or write PERMISSIVE until they have; Kubernetes' probes are not affected",
        },
      ];
    }),
};

/** Workloads that a policy of a namespace selects by these labels; without labels all of it. */
function selected(
  { namespace }: TrafficObject,
  labels: Record<string, string>,
  { workloads, mesh }: TrafficContext,
): readonly Workload[] {
  return workloads.filter(
    (workload) =>
      (namespace === mesh.rootNamespace || workload.namespace === namespace) &&
      (Object.keys(labels).length === 0 || matches(labels, workload.labels)),
  );
}

/** Whether a Pod calls in plain text; Pods of Kubernetes itself do not count. */
function isPlain(workload: Workload, { namespaces }: TrafficContext): boolean {
  const { kind, namespace, labels, hostNetwork } = workload;
  const isOfSystem = namespace.startsWith("kube-") || hostNetwork || kind !== "Pod";
  return (
    !isOfSystem &&
    labels[TLS_MODE_LABEL] === undefined &&
    !isGateway(labels) &&
    !isAmbient(workload, namespaces[namespace] ?? {})
  );
}

/** Whether a Pod is a gateway or istiod, which have Istio's certificates without a sidecar. */
function isGateway(labels: Record<string, string>): boolean {
  return labels["istio"] !== undefined || labels[GATEWAY_NAME_LABEL] !== undefined;
}
