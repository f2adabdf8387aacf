import type { ClusterServices, KubernetesService, Workload } from "../federation/clusterServices.ts";
import type { ExportRule } from "../federation/exportRule.ts";
import { sortedUnique } from "../federation/order.ts";
import type { ClusterClient, ListOptions } from "../providers/cluster/clusterClient.ts";
import { type KubernetesObject, POD, SERVICE, WORKLOAD_ENTRY } from "../providers/cluster/kinds.ts";
import type { SurveyedCluster, Unreachable } from "./surveyedCluster.ts";

/** Namespaces asked at a time. */
const CONCURRENCY = 8;

type ServiceObject = KubernetesObject & {
  spec?: Partial<Pick<KubernetesService, "type" | "clusterIP" | "selector" | "ports">>;
};
type PodObject = KubernetesObject & { spec?: { serviceAccountName?: string }; status?: { phase?: string } };
type WorkloadEntryObject = KubernetesObject & {
  spec?: { serviceAccount?: string; labels?: Record<string, string> };
};

/**
 * Reads from a cluster what the export rules need, and no more: Services in the namespaces that the rules name (in all of
 * them for a selector without one), and the workloads in the namespaces of the Services found. A cluster without the
 * WorkloadEntry CRD has none.
 * @returns why, when there is no cluster to ask.
 * @throws FaultsError when the cluster refuses (names what was asked), or the kubeconfig does not lead to one.
 */
export async function discoverServices(
  cluster: SurveyedCluster,
  rules: readonly ExportRule[],
): Promise<ClusterServices | Unreachable> {
  if (rules.length === 0) return { services: [], workloads: [] };
  return cluster.read(async (client) => {
    const services = await findServices(client, rules);
    const namespaces = sortedUnique(services.map(({ namespace }) => namespace));
    const { default: pMap } = await import("p-map");
    const workloads = await pMap(namespaces, (namespace) => findWorkloads(client, namespace), {
      concurrency: CONCURRENCY,
    });
    return { services, workloads: workloads.flat() };
  });
}

/** Several rules may select one Service: it comes once. */
async function findServices(
  client: ClusterClient,
  rules: readonly ExportRule[],
): Promise<KubernetesService[]> {
  const { default: pMap } = await import("p-map");
  const lists = await pMap(serviceLists(rules), (options) => client.list<ServiceObject>(SERVICE, options), {
    concurrency: CONCURRENCY,
  });
  const services = lists.flat().map(viewService);
  return [...new Map(services.map((service) => [`${service.namespace}/${service.name}`, service])).values()];
}

/** One list per namespace that rules name a Service in, and one per selector. */
function serviceLists(rules: readonly ExportRule[]): ListOptions[] {
  const named = sortedUnique(rules.flatMap((rule) => ("service" in rule ? [rule.namespace] : [])));
  const selected = rules.flatMap((rule) => ("selector" in rule ? [rule] : []));
  return [
    ...named.map((namespace) => ({ namespace })),
    ...selected.map(({ selector, namespace }) => ({
      labelSelector: Object.entries(selector)
        .map(([key, value]) => `${key}=${value}`)
        .join(","),
      ...(namespace === undefined ? {} : { namespace }),
    })),
  ];
}

async function findWorkloads(client: ClusterClient, namespace: string): Promise<Workload[]> {
  const [pods, entries] = await Promise.all([
    client.list<PodObject>(POD, { namespace }),
    client.list<WorkloadEntryObject>(WORKLOAD_ENTRY, { namespace }),
  ]);
  // A finished pod answers nobody.
  const alive = pods.filter(({ status }) => status?.phase !== "Succeeded" && status?.phase !== "Failed");
  return [...alive.map(viewPod), ...entries.map(viewWorkloadEntry)];
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
    ports: (spec?.ports ?? []).map(({ name, port, protocol, appProtocol }) => ({
      name,
      port,
      protocol,
      appProtocol,
    })),
  };
}

function viewPod({ metadata, spec }: PodObject): Workload {
  // Kubernetes runs a pod that names no service account as `default`.
  const serviceAccount = spec?.serviceAccountName ?? "default";
  return { namespace: metadata.namespace ?? "", labels: metadata.labels ?? {}, serviceAccount };
}

/** Labels as Istio sees them: those of the spec under those of the object (its `ConvertWorkloadEntry`). */
function viewWorkloadEntry({ metadata, spec }: WorkloadEntryObject): Workload {
  return {
    namespace: metadata.namespace ?? "",
    labels: { ...spec?.labels, ...metadata.labels },
    serviceAccount: spec?.serviceAccount ?? "",
  };
}
