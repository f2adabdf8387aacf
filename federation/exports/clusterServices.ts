import { matches } from "../core/labels.ts";
import { append, compare } from "../core/order.ts";
import type { GatewayTls } from "./mutualTls.ts";
import type { KubernetesPort } from "./ports.ts";

/** Identity and age of an object: of several that conflict, Istio takes the oldest. */
export interface Created {
  namespace: string;
  name: string;
  /** `metadata.creationTimestamp`, in UTC. */
  created: string;
}

/** Orders the oldest first, then by name and namespace, as Istio does (`sortConfigByCreationTime`). */
export function compareCreated(one: Created, other: Created): number {
  return (
    compare(one.created, other.created) ||
    compare(`${one.name}.${one.namespace}`, `${other.name}.${other.namespace}`)
  );
}
/** Whether a workload accepts mutual TLS only, plaintext too, or plaintext only. */
export type MutualTlsMode = "STRICT" | "PERMISSIVE" | "DISABLE";

/** Istio's PeerAuthentication. A missing mode (or `UNSET`) is inherited. */
export interface PeerAuthentication extends Created {
  /** Empty for all workloads of its namespace, or of the mesh. */
  selector: Record<string, string>;
  mode?: MutualTlsMode | undefined;
  /** By the workload's port; effective only beside a selector. */
  ports: Record<number, { mode?: MutualTlsMode | undefined }>;
}

/** The part of a Kubernetes Service that exports depend on. */
export interface KubernetesService {
  namespace: string;
  name: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** @default `ClusterIP` */
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
  /** Name of its service account; "" for a WorkloadEntry without one. */
  serviceAccount: string;
  /** Whether it receives calls now. */
  ready: boolean;
  /** Port numbers by name: a Pod's container ports, or a WorkloadEntry's own ports. */
  ports: Record<string, number>;
}

/** Services that export rules may match, with their workloads and namespaces, in any order. */
export interface FoundServices {
  services: readonly KubernetesService[];
  workloads: readonly Workload[];
  /** Labels of the namespaces, by name; a missing namespace has none. */
  namespaces: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** All objects of a cluster that exports depend on. */
export interface ClusterServices extends FoundServices {
  peerAuthentications: readonly PeerAuthentication[];
  /** TLS settings of DestinationRules. */
  destinationRules: readonly GatewayTls[];
}
/**
 * Finds the workloads that a Service selects. They are indexed by label: ten thousand Services of one namespace do not each search all
 * its workloads.
 */
export function workloadIndex(
  workloads: readonly Workload[],
): (service: Pick<KubernetesService, "namespace" | "selector">) => readonly Workload[] {
  const byLabel = new Map<string, Workload[]>();
  for (const workload of workloads) {
    for (const label of Object.entries(workload.labels))
      append(byLabel, labelKey(workload.namespace, label), workload);
  }
  return ({ namespace, selector }) => {
    const candidates = Object.entries(selector).map((label) => byLabel.get(labelKey(namespace, label)) ?? []);
    const [first = [], ...others] = candidates;
    const fewest = others.reduce((least, list) => (list.length < least.length ? list : least), first);
    return fewest.filter(({ labels }) => matches(selector, labels));
  };
}

/** No part contains a blank. */
function labelKey(namespace: string, [key, value]: readonly [string, string]): string {
  return `${namespace} ${key} ${value}`;
}
