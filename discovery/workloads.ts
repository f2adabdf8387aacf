import type { Workload } from "../federation/exports/clusterServices.ts";
import type { KubernetesObject } from "../kubernetes/kinds.ts";

interface ContainerPort {
  name?: string;
  containerPort: number;
  protocol?: string;
}

interface Container {
  ports?: ContainerPort[];
  restartPolicy?: string;
}

/** What is read of a Pod. */
export type PodObject = KubernetesObject & {
  spec?: { serviceAccountName?: string; containers?: Container[]; initContainers?: Container[] };
  status?: { phase?: string; conditions?: Condition[] };
};

/** What is read of Istio's WorkloadEntry. */
export type WorkloadEntryObject = KubernetesObject & {
  spec?: { serviceAccount?: string; labels?: Record<string, string>; ports?: Record<string, number> };
  status?: { conditions?: Condition[] };
};

interface Condition {
  type: string;
  status: string;
}

/** Whether a Pod can answer at all: a finished one answers nobody. */
export function isAlive({ status }: PodObject): boolean {
  return status?.phase !== "Succeeded" && status?.phase !== "Failed";
}

/** What the export rules need of a Pod. */
export function viewPod({ metadata, spec, status }: PodObject): Workload {
  // Kubernetes looks for a port's name in the sidecars too that are written as init containers.
  const sidecars = spec?.initContainers?.filter(({ restartPolicy }) => restartPolicy === "Always") ?? [];
  const ports = [...(spec?.containers ?? []), ...sidecars].flatMap((container) => container.ports ?? []);
  return {
    kind: "Pod",
    namespace: metadata.namespace ?? "",
    labels: metadata.labels ?? {},
    // Kubernetes runs a pod that names no service account as `default`.
    serviceAccount: spec?.serviceAccountName ?? "default",
    ready: metadata.deletionTimestamp === undefined && hasCondition(status?.conditions, "Ready", "True"),
    ports: portsByName(ports),
  };
}

/** Of two ports of one name Kubernetes takes the first. */
function portsByName(ports: readonly ContainerPort[]): Record<string, number> {
  const named = ports.flatMap(({ name, containerPort, protocol = "TCP" }) =>
    name === undefined || protocol !== "TCP" ? [] : [[name, containerPort] as const],
  );
  return Object.fromEntries(named.reverse());
}

/** What they need of a WorkloadEntry, with labels as Istio sees them: those of the spec under those of the object (its `ConvertWorkloadEntry`). */
export function viewWorkloadEntry({ metadata, spec, status }: WorkloadEntryObject): Workload {
  return {
    kind: "WorkloadEntry",
    namespace: metadata.namespace ?? "",
    labels: { ...spec?.labels, ...metadata.labels },
    serviceAccount: spec?.serviceAccount ?? "",
    ready: !hasCondition(status?.conditions, "Healthy", "False"),
    ports: spec?.ports ?? {},
  };
}

function hasCondition(conditions: readonly Condition[] | undefined, type: string, status: string): boolean {
  return conditions?.some((condition) => condition.type === type && condition.status === status) ?? false;
}
