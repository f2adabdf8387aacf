import {
  type DestinationRuleObject,
  type PeerAuthenticationObject,
  viewDestinationRule,
  viewPeerAuthentication,
} from "./istioPolicies.ts";
import type { ExportRule } from "../federation/config/exports.ts";
import { ifPermitted } from "./permitted.ts";
import type { SurveyedCluster, Unreachable } from "./surveyedCluster.ts";
import {
  type PodObject,
  type WorkloadEntryObject,
  isAlive,
  viewPod,
  viewWorkloadEntry,
} from "./workloads.ts";
import { OF_OTHERS, PEER_LABEL } from "../federation/core/labels.ts";
import { isName } from "../federation/core/names.ts";
import { sortedUnique } from "../federation/core/order.ts";
import { IMPORT_NAMESPACE } from "../federation/core/wellKnown.ts";
import type { ClusterServices, KubernetesService } from "../federation/exports/clusterServices.ts";
import { selectsNothing, keyOf, ruleFinder } from "../federation/exports/exportRule.ts";
import type { ClusterClient, ListOptions } from "../kubernetes/client.ts";
import {
  DESTINATION_RULE,
  type KubernetesObject,
  NAMESPACE,
  PEER_AUTHENTICATION,
  POD,
  SERVICE,
  WORKLOAD_ENTRY,
} from "../kubernetes/kinds.ts";

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
    const services = [...found.values()].filter((service) => isMeant(service) !== undefined);
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

/**
 * One list for each namespace that rules name, or of all namespaces; of a rule without names only what has its labels. Those of all namespaces
 * leave out what clients here find peers' services by, which are very many and offered to nobody.
 */
function serviceLists(rules: readonly ExportRule[]): ListOptions[] {
  const busy = rules.filter((rule) => !selectsNothing(rule));
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

/** Selects what is no local Service of an imported one. */
const NO_IMPORT = `!${PEER_LABEL}`;

function labelSelector(selector: Readonly<Record<string, string>>): string[] {
  return Object.entries(selector).map(([key, value]) => `${key}=${value}`);
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
