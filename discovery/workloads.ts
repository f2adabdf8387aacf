import type { Workload } from "../federation/exports/clusterServices.ts";
import { CAPTURES_ALL, parseInboundCapture } from "../federation/exports/inboundCapture.ts";
import type { ClusterClient } from "../kubernetes/client.ts";
import { type KubernetesObject, POD, WORKLOAD_ENTRY } from "../kubernetes/kinds.ts";

/** Reads the Pods that have not finished, and the WorkloadEntries. @param namespace undefined for all. */
export async function readWorkloads(
  client: ClusterClient,
  namespace: string | undefined,
): Promise<Workload[]> {
  const options = namespace === undefined ? {} : { namespace };
  const [pods, entries] = await Promise.all([
    client.list<PodObject>(POD, options),
    client.list<WorkloadEntryObject>(WORKLOAD_ENTRY, options),
  ]);
  return [...pods.filter(isAlive).map(viewPod), ...entries.map(viewWorkloadEntry)];
}

interface ContainerPort {
  name?: string;
  containerPort: number;
  protocol?: string;
}

interface Container {
  name?: string;
  ports?: ContainerPort[];
  restartPolicy?: string;
  args?: string[];
  env?: { name: string; value?: string }[];
}

/** Fields read of a Pod. */
type PodObject = KubernetesObject & {
  spec?: {
    serviceAccountName?: string;
    hostNetwork?: boolean;
    containers?: Container[];
    initContainers?: Container[];
  };
  status?: { phase?: string; conditions?: Condition[]; podIPs?: { ip: string }[] };
};

/** Fields read of Istio's WorkloadEntry. */
type WorkloadEntryObject = KubernetesObject & {
  spec?: { serviceAccount?: string; labels?: Record<string, string>; ports?: Record<string, number> };
  status?: { conditions?: Condition[] };
};

interface Condition {
  type: string;
  status: string;
}

/** Whether a Pod has not finished. */
function isAlive({ status }: PodObject): boolean {
  return status?.phase !== "Succeeded" && status?.phase !== "Failed";
}

/** Containers of Istio that have the settings of the inbound capture as arguments; the second one with Istio's CNI plugin. */
const INIT_CONTAINERS = ["istio-init", "istio-validation"];

/** Label and annotation of a Pod that wants a sidecar, or none; the label counts where both are there. */
const INJECT = "sidecar.istio.io/inject";

function viewPod({ metadata, spec, status }: PodObject): Workload {
  // Kubernetes resolves port names in sidecars too, which are init containers.
  const sidecars = spec?.initContainers?.filter(({ restartPolicy }) => restartPolicy === "Always") ?? [];
  const ports = [...(spec?.containers ?? []), ...sidecars].flatMap((container) => container.ports ?? []);
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  const { labels = {}, annotations = {} } = metadata;
  const proxy = containers.find(({ name }) => name === "istio-proxy");
  return {
    kind: "Pod",
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    addresses: status?.podIPs?.map(({ ip }) => ip) ?? [],
    labels,
    // Kubernetes runs a pod that names no service account as `default`.
    serviceAccount: spec?.serviceAccountName ?? "default",
    ready: metadata.deletionTimestamp === undefined && hasCondition(status?.conditions, "Ready", "True"),
    ports: portsByName(ports),
    hostNetwork: spec?.hostNetwork ?? false,
    inject: labels[INJECT] ?? annotations[INJECT],
    capture: parseInboundCapture({
      labels,
      annotations,
      containers: containers.flatMap(({ name }) => name ?? []),
      initArguments: containers.find(({ name = "" }) => INIT_CONTAINERS.includes(name))?.args ?? [],
      proxyEnvironment: Object.fromEntries((proxy?.env ?? []).map(({ name, value = "" }) => [name, value])),
    }),
  };
}

/** Returns ports by name; of two with one name the first, as in Kubernetes. */
function portsByName(ports: readonly ContainerPort[]): Record<string, number> {
  const named = ports.flatMap(({ name, containerPort, protocol = "TCP" }) =>
    name === undefined || protocol !== "TCP" ? [] : [[name, containerPort] as const],
  );
  return Object.fromEntries(named.reverse());
}

/** Converts a WorkloadEntry; labels of the object override those of the spec (Istio's `ConvertWorkloadEntry`). */
function viewWorkloadEntry({ metadata, spec, status }: WorkloadEntryObject): Workload {
  return {
    kind: "WorkloadEntry",
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    addresses: [],
    labels: { ...spec?.labels, ...metadata.labels },
    serviceAccount: spec?.serviceAccount ?? "",
    ready: !hasCondition(status?.conditions, "Healthy", "False"),
    ports: spec?.ports ?? {},
    hostNetwork: false,
    inject: undefined,
    capture: CAPTURES_ALL,
  };
}

function hasCondition(conditions: readonly Condition[] | undefined, type: string, status: string): boolean {
  return conditions?.some((condition) => condition.type === type && condition.status === status) ?? false;
}
