import type { KubernetesPort } from "./exportedPorts.ts";
import type { Fault } from "../fault.ts";
import type { GatewayTls } from "./gatewayTls.ts";
import type { PeerAuthentication } from "./peerAuthentication.ts";

/** What is needed of a Kubernetes Service. */
export interface KubernetesService {
  namespace: string;
  name: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** `ClusterIP` when left out. */
  type?: string | undefined;
  /** `None` for a headless Service. */
  clusterIP?: string | undefined;
  /** Empty for a Service without a selector. */
  selector: Record<string, string>;
  ports: KubernetesPort[];
}

/** A Pod or a WorkloadEntry. */
export interface Workload {
  kind: "Pod" | "WorkloadEntry";
  namespace: string;
  labels: Record<string, string>;
  /** Name of its service account; "" where it has none (a WorkloadEntry may not). */
  serviceAccount: string;
  /** Whether calls are sent to it now. */
  ready: boolean;
  /** Numbers by name: a Pod's container ports, or those that a WorkloadEntry has instead of a Service's. */
  ports: Record<string, number>;
}

/** What was found in a cluster. Order does not matter. */
export interface ClusterServices {
  services: KubernetesService[];
  workloads: Workload[];
  /** Labels of the namespaces, by name; what is not there has none. */
  namespaces: Record<string, Record<string, string>>;
  peerAuthentications: PeerAuthentication[];
  /** What DestinationRules say of mutual TLS. */
  destinationRules: GatewayTls[];
  /** What the cluster does not let the user read, and what is not checked for that; left out where there is nothing of the sort. */
  refused?: Fault[];
}
