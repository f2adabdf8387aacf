import type { KubernetesPort } from "./exportedPorts.ts";

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
  namespace: string;
  labels: Record<string, string>;
  /** Name of its service account; "" where it has none (a WorkloadEntry may not). */
  serviceAccount: string;
}

/** What was found in a cluster. Order does not matter. */
export interface ClusterServices {
  services: KubernetesService[];
  workloads: Workload[];
}
