import { matches } from "../core/labels.ts";
import { append, compare } from "../core/order.ts";
import type { InboundCapture } from "./inboundCapture.ts";
import type { FoundDestinationRule } from "./destinationRules.ts";
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
  /** @default `None` */
  sessionAffinity?: string | undefined;
  /** @default `Cluster` */
  internalTrafficPolicy?: string | undefined;
  /** Whether workloads that are not ready are called too. @default false */
  publishNotReadyAddresses?: boolean | undefined;
  /** Start of its deletion; it stays until its finalizers are removed. */
  deletionTimestamp?: string | undefined;
  /** Endpoints that its EndpointSlices have; read only where it is annotated with identities and has no selector. */
  endpoints?: readonly ServiceEndpoint[] | undefined;
}

/** An endpoint in a handmade EndpointSlice. */
export interface ServiceEndpoint {
  /** An IP address; a host name (`addressType: FQDN`) is none for Istio. */
  address: string;
  /** The Pod that it refers to, as `namespace/name`; undefined without one. */
  pod: string | undefined;
  /** Whether its slice has it as ready: Istio calls no other endpoint (`endpointHealthStatus`), whatever its Pod says. */
  ready: boolean;
  /** Names of its slice's ports, by which Istio finds the Service's; "" for one without a name. */
  ports: readonly string[];
}

/** A Pod or a WorkloadEntry. */
export interface Workload {
  kind: "Pod" | "WorkloadEntry";
  namespace: string;
  name: string;
  /** IP addresses of a Pod; empty while it has none. */
  addresses: readonly string[];
  labels: Record<string, string>;
  /** Name of its service account; "" for a WorkloadEntry without one. */
  serviceAccount: string;
  /** Whether it receives calls now. */
  ready: boolean;
  /** Port numbers by name: a Pod's container ports, or a WorkloadEntry's own ports. */
  ports: Record<string, number>;
  /** Whether it has the address of its node: Istio injects no sidecar then. */
  hostNetwork: boolean;
  /** `sidecar.istio.io/inject`, by label or else by annotation; undefined without either. */
  inject: string | undefined;
  /** Inbound capture of its sidecar, if it has one; that of a WorkloadEntry is not known, and taken to be whole. */
  capture: InboundCapture;
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
  destinationRules: readonly FoundDestinationRule[];
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

/**
 * Finds the Pods behind the endpoints of a Service without a selector, as Istio does (`getPod` in its EndpointSlice controller): by the
 * reference, else by the address in the Service's namespace.
 */
export function endpointIndex(
  workloads: readonly Workload[],
): (service: Pick<KubernetesService, "namespace" | "endpoints">) => readonly Workload[] {
  const byName = new Map<string, Workload>();
  const byAddress = new Map<string, Workload>();
  for (const workload of workloads) {
    if (workload.kind !== "Pod") continue;
    byName.set(`${workload.namespace}/${workload.name}`, workload);
    for (const address of workload.addresses) byAddress.set(`${workload.namespace}/${address}`, workload);
  }
  return ({ namespace, endpoints = [] }) => [
    ...new Set(
      endpoints.flatMap(({ address, pod }) => {
        const found = pod === undefined ? byAddress.get(`${namespace}/${address}`) : byName.get(pod);
        return found ?? [];
      }),
    ),
  ];
}

/** No part contains a blank. */
function labelKey(namespace: string, [key, value]: readonly [string, string]): string {
  return `${namespace} ${key} ${value}`;
}
