import type { ExportRule } from "../federation/config/exports.ts";
import type {
  FoundServices,
  KubernetesService,
  ServiceEndpoint,
  Workload,
} from "../federation/exports/clusterServices.ts";
import { serviceKey, ruleFinder, matchesNothing } from "../federation/exports/exportRule.ts";
import { CAPTURES_ALL, parseInboundCapture } from "../federation/exports/inboundCapture.ts";
import { PEER_LABEL, SUBJECT_ALT_NAMES_ANNOTATION } from "../federation/core/labels.ts";
import { isName } from "../federation/core/names.ts";
import { sortedUnique } from "../federation/core/order.ts";
import { IMPORT_NAMESPACE } from "../federation/core/wellKnown.ts";
import type { ClusterClient, ListOptions } from "../kubernetes/client.ts";
import {
  ENDPOINT_SLICE,
  type KubernetesObject,
  NAMESPACE,
  POD,
  SERVICE,
  WORKLOAD_ENTRY,
} from "../kubernetes/kinds.ts";

/** Concurrent lists. */
const CONCURRENCY = 8;

type ServiceObject = KubernetesObject & {
  spec?: Partial<
    Pick<
      KubernetesService,
      | "type"
      | "clusterIP"
      | "selector"
      | "ports"
      | "sessionAffinity"
      | "internalTrafficPolicy"
      | "publishNotReadyAddresses"
    >
  >;
};

/**
 * Reads the Services that export rules may match: those of the namespaces that the rules name (of all for a rule that names none, or with
 * `*`), the workloads in these namespaces, and the labels of all namespaces, by which owners opt out. EndpointSlices are read only of
 * Services without a selector that are annotated with identities: those of the others say what their Pods say.
 */
export async function readServices(
  client: ClusterClient,
  rules: readonly ExportRule[],
): Promise<FoundServices> {
  const { default: pMap } = await import("p-map");
  const concurrency = { concurrency: CONCURRENCY };
  const [namespaceList, lists] = await Promise.all([
    client.list(NAMESPACE, { metadataOnly: true }),
    pMap(serviceLists(rules), (options) => client.list<ServiceObject>(SERVICE, options), concurrency),
  ]);
  const namespaces = Object.fromEntries(
    namespaceList.map(({ metadata }) => [metadata.name, metadata.labels ?? {}]),
  );
  const matching = ruleFinder(rules, namespaces);
  // Several lists may hold one Service.
  const found = new Map(lists.flat().map((object) => [serviceKey(viewService(object)), viewService(object)]));
  const services = [...found.values()].filter((service) => matching(service) !== undefined);
  const handmade = Map.groupBy(services.filter(hasHandmadeEndpoints), ({ namespace }) => namespace);
  const [workloads, endpoints] = await Promise.all([
    pMap(
      sortedUnique(services.map(({ namespace }) => namespace)),
      (namespace) => readWorkloads(client, namespace),
      concurrency,
    ),
    pMap(handmade, ([namespace, some]) => readEndpoints(client, namespace, some), concurrency),
  ]);
  const byService = new Map(endpoints.flat());
  return {
    services: services.map((service) => ({ ...service, endpoints: byService.get(serviceKey(service)) })),
    workloads: workloads.flat(),
    namespaces,
  };
}

/** Reads all Services, Pods and WorkloadEntries, and the labels of the namespaces. */
export async function readAllServices(client: ClusterClient): Promise<FoundServices> {
  const [namespaces, services, workloads] = await Promise.all([
    client.list(NAMESPACE, { metadataOnly: true }),
    // Local Services of imports may be very many; the imports themselves are planned.
    client.list<ServiceObject>(SERVICE, { labelSelector: NO_IMPORT }),
    readWorkloads(client, undefined),
  ]);
  return {
    services: services.map(viewService),
    workloads,
    namespaces: Object.fromEntries(namespaces.map(({ metadata }) => [metadata.name, metadata.labels ?? {}])),
  };
}

/** Whether a Service is exported by annotated identities, to endpoints that somebody writes. */
function hasHandmadeEndpoints({ type, selector, annotations }: KubernetesService): boolean {
  const isSelecting = Object.keys(selector).length > 0;
  return type !== "ExternalName" && !isSelecting && annotations[SUBJECT_ALT_NAMES_ANNOTATION] !== undefined;
}

/** Services that one label selector names; a namespace with more of them is read whole. */
const NAMED_SERVICES = 50;

/** Label of an EndpointSlice: its Service. */
const SLICE_SERVICE_LABEL = "kubernetes.io/service-name";

/** Fields read of an EndpointSlice. */
type EndpointSliceObject = KubernetesObject & {
  endpoints?:
    | {
        addresses: string[];
        targetRef?: { kind?: string; name?: string; namespace?: string };
        conditions?: { ready?: boolean | null };
      }[]
    | null;
  ports?: { name?: string | null }[] | null;
};

/** Reads the endpoints of Services of one namespace, by `namespace/name`; empty for a Service without any. */
async function readEndpoints(
  client: ClusterClient,
  namespace: string,
  services: readonly KubernetesService[],
): Promise<[string, ServiceEndpoint[]][]> {
  const names = services.map(({ name }) => name).sort();
  const named =
    names.length > NAMED_SERVICES ? SLICE_SERVICE_LABEL : `${SLICE_SERVICE_LABEL} in (${names.join(",")})`;
  // Istio ignores the slices of the Multi-Cluster Services API.
  const options = { namespace, labelSelector: `${named},!multicluster.kubernetes.io/service-name` };
  const slices = await client.list<EndpointSliceObject>(ENDPOINT_SLICE, options);
  const byService = Map.groupBy(slices, ({ metadata: { labels = {} } }) => labels[SLICE_SERVICE_LABEL]);
  return services.map((service) => [
    serviceKey(service),
    (byService.get(service.name) ?? []).flatMap((slice) => viewEndpoints(slice)),
  ]);
}

function viewEndpoints({
  metadata: { namespace },
  endpoints,
  ports,
}: EndpointSliceObject): ServiceEndpoint[] {
  const names = (ports ?? []).map(({ name }) => name ?? "");
  return (endpoints ?? []).flatMap(({ addresses, targetRef, conditions }) => {
    // Pods of namespaces without exports are not read, and count as none.
    const pod =
      targetRef?.kind === "Pod" ? `${targetRef.namespace ?? namespace}/${targetRef.name}` : undefined;
    const ready = conditions?.ready !== false;
    return addresses.map((address) => ({ address, pod, ready, ports: names }));
  });
}

/**
 * Returns the lists to request: one for each namespace that rules name, or one of all namespaces, by labels for a rule without names. Lists
 * of all namespaces leave out local Services of imports, which may be very many and are never exported.
 */
function serviceLists(rules: readonly ExportRule[]): ListOptions[] {
  const busy = rules.filter((rule) => !matchesNothing(rule));
  const lists = busy.flatMap(({ namespaces, services, selector }): ListOptions[] => {
    const labels = services === undefined ? labelSelector(selector ?? {}) : [];
    if (namespaces?.every(isName) !== true) return [{ labelSelector: [...labels, NO_IMPORT].join(",") }];
    const labelled = labels.length === 0 ? {} : { labelSelector: labels.join(",") };
    return namespaces.map((namespace) => ({ namespace, ...labelled }));
  });
  const distinct = new Map(lists.map((list) => [JSON.stringify(list), list]));
  const asksForAll = distinct.has(JSON.stringify({ labelSelector: NO_IMPORT }));
  const isCovered = (list: ListOptions): boolean => {
    const { namespace, labelSelector: labels } = list;
    if (namespace === undefined) return asksForAll && labels !== NO_IMPORT;
    if (asksForAll && namespace !== IMPORT_NAMESPACE) return true;
    return labels !== undefined && distinct.has(JSON.stringify({ namespace }));
  };
  return [...distinct.values()].filter((list) => !isCovered(list));
}

/** Label selector that excludes local Services of imports. */
const NO_IMPORT = `!${PEER_LABEL}`;

function labelSelector(selector: Readonly<Record<string, string>>): string[] {
  return Object.entries(selector).map(([key, value]) => `${key}=${value}`);
}

/** @param namespace undefined for all. */
async function readWorkloads(client: ClusterClient, namespace: string | undefined): Promise<Workload[]> {
  const options = namespace === undefined ? {} : { namespace };
  const [pods, entries] = await Promise.all([
    client.list<PodObject>(POD, options),
    client.list<WorkloadEntryObject>(WORKLOAD_ENTRY, options),
  ]);
  return [...pods.filter(isAlive).map(viewPod), ...entries.map(viewWorkloadEntry)];
}

function viewService({ metadata, spec }: ServiceObject): KubernetesService {
  return {
    namespace: metadata.namespace ?? "",
    name: metadata.name,
    labels: metadata.labels ?? {},
    annotations: metadata.annotations ?? {},
    type: spec?.type,
    clusterIP: spec?.clusterIP,
    selector: spec?.selector ?? {},
    ports: spec?.ports ?? [],
    sessionAffinity: spec?.sessionAffinity,
    internalTrafficPolicy: spec?.internalTrafficPolicy,
    publishNotReadyAddresses: spec?.publishNotReadyAddresses,
    deletionTimestamp: metadata.deletionTimestamp,
  };
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
