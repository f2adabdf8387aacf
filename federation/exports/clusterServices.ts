import { matches } from "../core/labels.ts";
import { compare } from "../core/order.ts";
import type { GatewayTls } from "./mutualTls.ts";
import type { KubernetesPort } from "./ports.ts";

/** What tells which of several objects Istio heeds first. */
export interface Created {
  namespace: string;
  name: string;
  /** `metadata.creationTimestamp`, in UTC. */
  created: string;
}

/** The oldest first, as Istio does (`sortConfigByCreationTime`): of those made in the same second, by name and namespace. */
export function compareCreated(one: Created, other: Created): number {
  return (
    compare(one.created, other.created) ||
    compare(`${one.name}.${one.namespace}`, `${other.name}.${other.namespace}`)
  );
}
/** How a workload takes calls: by mutual TLS only, in plain text too, or in plain text only. */
export type MutualTlsMode = "STRICT" | "PERMISSIVE" | "DISABLE";

/** Istio's PeerAuthentication. A mode that is left out (or `UNSET`) is inherited. */
export interface PeerAuthentication extends Created {
  /** Empty for all workloads of its namespace, or of the mesh. */
  selector: Record<string, string>;
  mode?: MutualTlsMode;
  /** By the workload's port; heeded only beside a selector. */
  ports: Record<number, { mode?: MutualTlsMode }>;
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

/** Services that export rules may match, and what belongs to them, in any order. */
export interface FoundServices {
  services: readonly KubernetesService[];
  workloads: readonly Workload[];
  /** Labels of the namespaces, by name; a namespace that is not in it has none. */
  namespaces: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Everything in a cluster that decides what can be exported. */
export interface ClusterServices extends FoundServices {
  peerAuthentications: readonly PeerAuthentication[];
  /** Mutual TLS as DestinationRules set it. */
  destinationRules: readonly GatewayTls[];
}
/**
 * Finds the workloads that a Service selects. Each label leads to those that have it, so that ten thousand Services in one
 * namespace do not each look at all its workloads.
 */
export function workloadIndex(
  workloads: readonly Workload[],
): (service: Pick<KubernetesService, "namespace" | "selector">) => readonly Workload[] {
  const byLabel = new Map<string, Workload[]>();
  for (const workload of workloads) {
    for (const label of Object.entries(workload.labels)) {
      const key = keyOf(workload.namespace, label);
      const found = byLabel.get(key);
      if (found === undefined) byLabel.set(key, [workload]);
      else found.push(workload);
    }
  }
  return ({ namespace, selector }) => {
    const candidates = Object.entries(selector).map((label) => byLabel.get(keyOf(namespace, label)) ?? []);
    const [first = [], ...others] = candidates;
    const fewest = others.reduce((least, list) => (list.length < least.length ? list : least), first);
    return fewest.filter(({ labels }) => matches(selector, labels));
  };
}

/** Neither part has a blank in it. */
function keyOf(namespace: string, [key, value]: readonly [string, string]): string {
  return `${namespace} ${key} ${value}`;
}
