import type { ContractService } from "./contract.ts";
import type { Fault } from "./fault.ts";

/** Which Services a stack exports: one by name, or all that carry these labels (in one namespace, or in all). */
export type ExportRule =
  { namespace: string; service: string } | { selector: Record<string, string>; namespace?: string };

/** What is needed of a port of a Kubernetes Service. */
export interface KubernetesPort {
  name?: string | undefined;
  port: number;
  /** `TCP` when left out. */
  protocol?: string | undefined;
  appProtocol?: string | undefined;
}

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

export interface Exports {
  services: Record<string, ContractService>;
  warnings: Fault[];
}

export function exportServices(
  found: ClusterServices,
  rules: readonly ExportRule[],
  cluster: { domain: string; trustDomain: string },
): Exports {
  throw new Error(`not there yet: ${found.services.length} ${rules.length} ${cluster.domain}`);
}
