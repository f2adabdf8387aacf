import type { ClusterServices, KubernetesService } from "../federation/exports/clusterServices.ts";
import { type ExportRule, namedServices, selectsNothing } from "../federation/exports/exportRule.ts";
import { isName } from "../federation/namePattern.ts";
import { sortedUnique } from "../federation/order.ts";
import { keyOf, ruleFinder } from "../federation/exports/ruleFinder.ts";
import type { ClusterClient, ListOptions } from "../providers/cluster/clusterClient.ts";
import {
  DESTINATION_RULE,
  type KubernetesObject,
  NAMESPACE,
  PEER_AUTHENTICATION,
  POD,
  SERVICE,
  WORKLOAD_ENTRY,
} from "../providers/cluster/kinds.ts";
import { OF_OTHERS, isImport } from "../federation/labels.ts";
import {
  type DestinationRuleObject,
  type PeerAuthenticationObject,
  viewDestinationRule,
  viewPeerAuthentication,
} from "./istioPolicies.ts";
import {
  type PodObject,
  type WorkloadEntryObject,
  isAlive,
  viewPod,
  viewWorkloadEntry,
} from "./workloads.ts";
import { ifPermitted } from "./permitted.ts";
import type { SurveyedCluster, Unreachable } from "./surveyedCluster.ts";

/** Namespaces asked at a time. */
const CONCURRENCY = 8;

type ServiceObject = KubernetesObject & {
  spec?: Partial<Pick<KubernetesService, "type" | "clusterIP" | "selector" | "ports">>;
};

const NOTHING: ClusterServices = {
  services: [],
  workloads: [],
  namespaces: {},
  peerAuthentications: [],
  destinationRules: [],
};

/**
 * Reads from a cluster what the export rules need, and no more: Services in the namespaces that the rules name (in all of
 * them for a rule that names none, or with `*`), the workloads in the namespaces of those that any rule means, the labels of all
 * namespaces (as owners opt out by them, too), and what PeerAuthentications and DestinationRules say of mutual TLS; of these two a refusal
 * is a warning. A cluster without Istio's CRDs has none of their kinds.
 * @returns why, when there is no cluster to ask.
 * @throws FaultsError when the cluster refuses (names what was asked), or the kubeconfig does not lead to one.
 */
export async function discoverServices(
  cluster: SurveyedCluster,
  rules: readonly ExportRule[],
): Promise<ClusterServices | Unreachable> {
  if (rules.length === 0) return NOTHING;
  return cluster.read(async (client) => {
    const { default: pMap } = await import("p-map");
    const [namespaceList, lists, policies, destinations] = await Promise.all([
      client.list(NAMESPACE, { metadataOnly: true }),
      pMap(serviceLists(rules), (options) => client.list<ServiceObject>(SERVICE, options), {
        concurrency: CONCURRENCY,
      }),
      ifPermitted(
        client.list<PeerAuthenticationObject>(PEER_AUTHENTICATION),
        [],
        "exported Services take plain text, or no mutual TLS, by a PeerAuthentication",
      ),
      // Those of our own imports are of peers' hosts, and very many.
      ifPermitted(
        client.list<DestinationRuleObject>(DESTINATION_RULE, { labelSelector: OF_OTHERS }),
        [],
        "a DestinationRule keeps the gateway from passing calls on to exported Services",
      ),
    ]);
    const namespaces = Object.fromEntries(
      namespaceList.map(({ metadata }) => [metadata.name, metadata.labels ?? {}]),
    );
    const isMeant = ruleFinder(rules, namespaces);
    // Several lists may hold one Service: it comes once.
    const found = new Map(
      lists
        .flat()
        .map(viewService)
        .map((service) => [keyOf(service), service]),
    );
    const named = new Set(rules.flatMap((rule) => namedServices(rule) ?? []));
    // Those of our own imports are offered to nobody, and very many.
    const isOffered = (service: KubernetesService): boolean =>
      !isImport(service.labels) || named.has(keyOf(service));
    const services = [...found.values()].filter(
      (service) => isMeant(service) !== undefined && isOffered(service),
    );
    const workloads = await pMap(
      sortedUnique(services.map(({ namespace }) => namespace)),
      (namespace) => findWorkloads(client, namespace),
      { concurrency: CONCURRENCY },
    );
    const refused = [...policies.refused, ...destinations.refused];
    return {
      services,
      workloads: workloads.flat(),
      namespaces,
      peerAuthentications: policies.found.map(viewPeerAuthentication),
      destinationRules: destinations.found.flatMap(viewDestinationRule),
      ...(refused.length === 0 ? {} : { refused }),
    };
  });
}

/** One list for each namespace that rules name, or of all namespaces; of a rule without names only what has its labels. */
function serviceLists(rules: readonly ExportRule[]): ListOptions[] {
  const busy = rules.filter((rule) => !selectsNothing(rule));
  const lists = busy.flatMap(({ namespaces, services, selector }): ListOptions[] => {
    const labelled = services === undefined ? labelSelector(selector ?? {}) : {};
    if (namespaces?.every(isName) !== true) return [labelled];
    return namespaces.map((namespace) => ({ namespace, ...labelled }));
  });
  const distinct = new Map(lists.map((list) => [JSON.stringify(list), list]));
  const isCovered = ({ namespace, ...rest }: ListOptions): boolean =>
    rest.labelSelector !== undefined &&
    namespace !== undefined &&
    distinct.has(JSON.stringify({ namespace }));
  if (distinct.has("{}")) return [{}];
  return [...distinct.values()].filter((list) => !isCovered(list));
}

function labelSelector(selector: Readonly<Record<string, string>>): ListOptions {
  const labels = Object.entries(selector).map(([key, value]) => `${key}=${value}`);
  return { labelSelector: labels.join(",") };
}

async function findWorkloads(client: ClusterClient, namespace: string) {
  const [pods, entries] = await Promise.all([
    client.list<PodObject>(POD, { namespace }),
    client.list<WorkloadEntryObject>(WORKLOAD_ENTRY, { namespace }),
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
    ports: (spec?.ports ?? []).map(({ name, port, protocol, appProtocol, targetPort }) => ({
      name,
      port,
      protocol,
      appProtocol,
      targetPort,
    })),
  };
}
