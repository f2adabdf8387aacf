import type { TrafficConfig } from "../../config/traffic.ts";
import type { ReleaseName } from "../../core/helmReleases.ts";
import { CAPTURES_ALL } from "../../exports/inboundCapture.ts";
import type { KubernetesService, Workload } from "../../exports/clusterServices.ts";

/** A gateway of Istio's chart that a shortcut installs; its release, Service and Deployment have one name. */
export interface ChartGateway extends ReleaseName {
  /** Labels of its Pods. */
  selector: Readonly<Record<string, string>>;
  /** Ports of its Service. */
  ports: readonly { name: string; port: number }[];
  /** Type of its Service. */
  type: "ClusterIP" | "LoadBalancer";
  /** The user's Helm values, over the program's. */
  values: Readonly<Record<string, unknown>>;
}

/** Name of the ingress gateway that is installed. */
const INGRESS_GATEWAY = "istio-ingressgateway";

/** The ports of Istio's chart for an ingress gateway, but for the one of its health. */
const INGRESS_PORTS = [
  { name: "http2", port: 80 },
  { name: "https", port: 443 },
];

/** Returns the gateways that the shortcuts install. */
export function chartGateways({ egress, ingress }: TrafficConfig): ChartGateway[] {
  return [
    ...(egress?.via === undefined && egress?.gateway.install === true
      ? [
          {
            ...{ namespace: egress.gateway.namespace, name: egress.gateway.service },
            ...{ selector: egress.gateway.selector, values: egress.gateway.values },
            ports: [{ name: "tls", port: egress.port }],
            type: "ClusterIP" as const,
          },
        ]
      : []),
    ...(ingress?.install === true
      ? [
          {
            ...{ namespace: ingress.namespace, name: INGRESS_GATEWAY, selector: ingress.selector },
            ...{ values: ingress.values, ports: INGRESS_PORTS, type: "LoadBalancer" as const },
          },
        ]
      : []),
  ];
}

/** Returns the Helm values of a gateway, below the user's. */
export function chartGatewayValues({ selector, ports, type }: ChartGateway): Record<string, unknown> {
  return {
    labels: { ...selector },
    service: {
      type,
      ports: ports.map((each) => ({ ...each, targetPort: each.port, protocol: "TCP" })),
    },
  };
}

/** Returns a gateway's Service as it will be. */
export function plannedService({ namespace, name, selector, ports }: ChartGateway): KubernetesService {
  return { namespace, name, labels: {}, annotations: {}, selector: { ...selector }, ports: [...ports] };
}

/** Returns a gateway's Pod as it will be. */
export function plannedPod({ namespace, name, selector }: ChartGateway): Workload {
  return {
    ...{ kind: "Pod", namespace, name, addresses: [], labels: { ...selector }, serviceAccount: name },
    ...{ ready: false, ports: {}, hostNetwork: false, inject: "true", capture: CAPTURES_ALL },
  };
}
