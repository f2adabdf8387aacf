import type { ExportRule } from "../federation/config/exports.ts";
import type { FoundServices, KubernetesService } from "../federation/exports/clusterServices.ts";
import { serviceKey, ruleFinder, matchesNothing } from "../federation/exports/exportRule.ts";
import { PEER_LABEL, SUBJECT_ALT_NAMES_ANNOTATION } from "../federation/core/labels.ts";
import { isName } from "../federation/core/names.ts";
import { sortedUnique } from "../federation/core/order.ts";
import { IMPORT_NAMESPACE } from "../federation/core/wellKnown.ts";
import type { ClusterClient, ListOptions } from "../kubernetes/client.ts";
import { type KubernetesObject, NAMESPACE, SERVICE } from "../kubernetes/kinds.ts";
import { readEndpoints } from "./endpoints.ts";
import { readWorkloads } from "./workloads.ts";

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
 * @param all everything that the cluster has; undefined where it is not read.
 */
export async function readServices(
  client: ClusterClient,
  rules: readonly ExportRule[],
  all?: FoundServices,
): Promise<FoundServices> {
  const { default: pMap } = await import("p-map");
  const concurrency = { concurrency: CONCURRENCY };
  const missing = serviceLists(rules).filter((list) => all === undefined || !isWithinAll(list));
  const [namespaces, lists] = await Promise.all([
    all?.namespaces ?? readNamespaceLabels(client),
    pMap(missing, (options) => client.list<ServiceObject>(SERVICE, options), concurrency),
  ]);
  const matching = ruleFinder(rules, namespaces);
  // Several lists may hold one Service.
  const listed = [...(all?.services ?? []), ...lists.flat().map(viewService)];
  const found = new Map(listed.map((service) => [serviceKey(service), service]));
  const services = [...found.values()].filter((service) => matching(service) !== undefined);
  const handmade = Map.groupBy(services.filter(hasHandmadeEndpoints), ({ namespace }) => namespace);
  const places = sortedUnique(services.map(({ namespace }) => namespace));
  const known = all && Map.groupBy(all.workloads, ({ namespace }) => namespace);
  const [workloads, endpoints] = await Promise.all([
    known === undefined
      ? pMap(places, (namespace) => readWorkloads(client, namespace), concurrency)
      : places.map((namespace) => known.get(namespace) ?? []),
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
    readNamespaceLabels(client),
    // Local Services of imports may be very many; the imports themselves are planned.
    client.list<ServiceObject>(SERVICE, { labelSelector: NO_IMPORT }),
    readWorkloads(client, undefined),
  ]);
  return { services: services.map(viewService), workloads, namespaces };
}

async function readNamespaceLabels(client: ClusterClient): Promise<FoundServices["namespaces"]> {
  const namespaces = await client.list(NAMESPACE, { metadataOnly: true });
  return Object.fromEntries(namespaces.map(({ metadata }) => [metadata.name, metadata.labels ?? {}]));
}

/** Whether a Service is exported by annotated identities, to endpoints that somebody writes. */
function hasHandmadeEndpoints({ type, selector, annotations }: KubernetesService): boolean {
  const isSelecting = Object.keys(selector).length > 0;
  return type !== "ExternalName" && !isSelecting && annotations[SUBJECT_ALT_NAMES_ANNOTATION] !== undefined;
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
    if (asksForAll && isWithinAll(list)) return true;
    return labels !== undefined && distinct.has(JSON.stringify({ namespace }));
  };
  return [...distinct.values()].filter((list) => !isCovered(list));
}

/** Whether the list of all Services has those of another list: local Services of imports are in one namespace. */
function isWithinAll({ namespace }: ListOptions): boolean {
  return namespace !== IMPORT_NAMESPACE;
}

/** Label selector that excludes local Services of imports. */
const NO_IMPORT = `!${PEER_LABEL}`;

function labelSelector(selector: Readonly<Record<string, string>>): string[] {
  return Object.entries(selector).map(([key, value]) => `${key}=${value}`);
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
