import type { ExportRule } from "../config/exports.ts";
import { type ServicePort, type ContractService, contractService } from "../contract/service.ts";
import { type Fault, pathOf } from "../core/fault.ts";
import { EXPORT_TO_ANNOTATION } from "../core/labels.ts";
import { DNS_LABEL, HOST_NAME } from "../core/names.ts";
import { ownValue, sortedRecord, sortedUnique, withoutUndefined } from "../core/order.ts";
import { firstFaultsOf } from "../core/schema.ts";
import { serviceHost } from "../core/serviceHost.ts";
import { aliasFault, aliasPorts, exportedHost } from "./alias.ts";
import type { KubernetesService, Workload } from "./clusterServices.ts";
import { isTerminating } from "./exportRule.ts";
import { sniFault } from "./gatewayListeners.ts";
import { gatewayIdentities, workloadIdentities } from "./identities.ts";
import { podSecurityRemedy } from "./injection.ts";
import type { LocalMesh } from "./localMesh.ts";
import type { ClusterTls } from "./mutualTls.ts";
import { type Narrowed, narrowPeers, narrowPorts, publishedLabels } from "./ownerAnnotations.ts";
import { type KubernetesPort, exportedPorts } from "./ports.ts";
import { checkReach } from "./reachability.ts";
import type { RuleMatch } from "./ruleMatch.ts";

/** A Service that is exported: the one source of its contract entry, alias, gateway listeners and policies. */
export interface Offer {
  namespace: string;
  name: string;
  /** Host name in the contract: the Service's own, or the alias that its rule gives it. */
  host: string;
  /** Whether {@link host} is an alias, which needs a ServiceEntry here. */
  isAliased: boolean;
  /** Whether the gateway passes mutual TLS through, or terminates it: workloads then see the gateway's identity. */
  via: "passthrough" | "terminated";
  /** Labels of its workloads; empty for a Service without a selector, whose identities are annotated. */
  selector: Readonly<Record<string, string>>;
  /** Exported ports, by number; at least one. */
  ports: readonly OfferPort[];
  /** Whether the gateway can reach no other port of the Service: passthrough reaches every TCP port. */
  isWhole: boolean;
  /** SPIFFE ids that callers are to expect, sorted; at least one. */
  identities: readonly string[];
  /** Peers that may import it, by their names in the config, sorted: all peers where nothing restricts them. */
  audience: readonly string[];
  /** The audience as far as it is pinned, as the contract names it, sorted; undefined for every cluster. */
  importers: readonly string[] | undefined;
  /** Labels of the Service that are published. */
  labels: Readonly<Record<string, string>>;
  /** PeerAuthentications by which workloads accept plaintext too, as `namespace/name`; such callers have no identity. */
  permissiveBy: readonly string[];
  /** The rule that matched the Service. */
  rule: ExportRule;
  /** Place of the rule in the config's `exports`. */
  ruleIndex: number;
}

/** An exported port. */
export interface OfferPort extends ServicePort {
  /** Port of all workloads; undefined where it is named, and they do not show it or do not agree. */
  targetPort: number | undefined;
  /** Ports of any workload, sorted; empty where none is known. */
  targetPorts: readonly number[];
}

/** The cluster that exports. */
export interface ExportingCluster extends LocalMesh {
  trustDomain: string;
  domain: string;
  /** Further domains that it owns. */
  domains: readonly string[];
  /** The identities of peers as the contract names them, by their names in the config; undefined while they are not pinned. */
  peers: Readonly<Record<string, string | undefined>>;
}

/** Renders the contract's entry of an exported Service. */
export function toContractService({
  ports,
  identities,
  importers,
  labels,
  via,
}: Pick<Offer, "ports" | "identities" | "importers" | "labels" | "via">): ContractService {
  return withoutUndefined({
    ports: ports.map(({ number, name, protocol }) => ({ number, name, protocol })),
    subjectAltNames: [...identities],
    peers: importers && [...importers],
    labels: Object.keys(labels).length === 0 ? undefined : labels,
    terminated: via === "terminated" ? (true as const) : undefined,
  });
}

/** Renders the services of a contract, by host name. */
export function toContractServices(offers: readonly Offer[]): Record<string, ContractService> {
  return sortedRecord(offers.map((offer) => [offer.host, toContractService(offer)]));
}

/**
 * Makes the offer of one Service by the rules of {@link exportServices}.
 * @param workloads those that the Service selects, or the Pods behind its handmade endpoints.
 * @param namespaceLabels labels of its namespace.
 * @param lastIdentities published last; empty where it was not exported.
 * @returns no offer where nothing can be exported; paths of the warnings start at the Service.
 */
export function offerService(
  match: RuleMatch,
  workloads: readonly Workload[],
  namespaceLabels: Readonly<Record<string, string>>,
  lastIdentities: readonly string[],
  cluster: ExportingCluster,
  tls: ClusterTls,
): { offer: Offer | undefined; warnings: Fault[] } {
  const { service, rule, index } = match;
  const host = exportedHost(service, rule, cluster);
  const isAliased = host !== serviceHost(service, cluster.domain);
  const via: Offer["via"] = isTerminating(rule) ? "terminated" : "passthrough";
  const wanted = narrowService(match, host, cluster);
  const warnings = [...wanted.warnings];
  const none = (...more: Fault[]) => ({ offer: undefined, warnings: [...warnings, ...more] });
  if (wanted.left === undefined) return none();
  const { only, isWanted } = wanted.left;

  const carried = exportedPorts(service.ports, isWanted);
  const { identities, ...found } =
    via === "terminated"
      ? gatewayIdentities(service, workloads, cluster)
      : workloadIdentities(service, workloads, cluster.trustDomain, lastIdentities);
  const hints = workloads.length === 0 ? podSecurityRemedy(namespaceLabels) : [];
  warnings.push(...carried.warnings, ...found.warnings.map((fault) => withRemedies(fault, hints)));
  if (identities.length === 0) return none();
  const reached = { ...service, host, via, isAliased, namespaceLabels };
  const { permissiveBy, ...reach } = checkReach(reached, carried, workloads, tls);
  const { ports, warnings: unknown } = isAliased ? aliasPorts(reach.ports) : { ...reach, warnings: [] };
  warnings.push(...reach.warnings, ...unknown);
  if (ports.length === 0) return none();
  const tooLong = via === "terminated" ? sniFault(host, ports) : undefined;
  if (tooLong !== undefined) return none(tooLong);

  const offer: Offer = {
    namespace: service.namespace,
    name: service.name,
    host,
    isAliased,
    via,
    selector: service.selector,
    ports,
    // A TLS-terminating gateway has a server for each exported port, and for no other one.
    isWhole: via === "terminated" || ports.length === exportedPorts(service.ports).ports.length,
    identities,
    audience: only ?? sortedUnique(Object.keys(cluster.peers)),
    importers: only === undefined ? undefined : importersOf(only, cluster.peers),
    labels: publishedLabels(service, rule),
    permissiveBy: sortedUnique(permissiveBy),
    rule,
    ruleIndex: index,
  };
  const published = toContractService(offer);
  const { error } = contractService.safeParse(published);
  return error === undefined
    ? { offer, warnings }
    : none(...firstFaultsOf(error, published).map(notExported));
}

/** The part of a Service that its rule and its owner leave; `only` is undefined for all peers. */
interface NarrowedService {
  only: readonly string[] | undefined;
  isWanted: (port: KubernetesPort) => boolean;
}

function narrowService(
  { service, rule, index }: RuleMatch,
  host: string,
  cluster: ExportingCluster,
): Narrowed<NarrowedService> {
  const place = pathOf("exports", index);
  const peers = narrowPeers(service, rule, place, Object.keys(cluster.peers));
  // A Service that is exported to no peer gets no warnings.
  if (peers.left?.only?.length === 0) return { left: undefined, warnings: [] };
  const fault = serviceFault(service, cluster) ?? aliasFault(service, host, place, cluster);
  if (fault !== undefined) return { left: undefined, warnings: [fault] };
  const ports = narrowPorts(service, rule, place);
  const warnings = [...peers.warnings, ...ports.warnings];
  if (peers.left === undefined || ports.left === undefined) return { left: undefined, warnings };
  return { left: { only: peers.left.only, isWanted: ports.left }, warnings };
}

/** The pinned identities of these peers, sorted. One that is not pinned gets nothing that is not for everybody. */
export function importersOf(only: readonly string[], identities: ExportingCluster["peers"]): string[] {
  return sortedUnique(only.flatMap((peer) => ownValue(identities, peer) ?? []));
}

/** Adds further remedies to a fault about workloads; one about an annotation has its own. */
function withRemedies(fault: Fault, further: readonly string[]): Fault {
  if (fault.path !== "selector") return fault;
  return { ...fault, remedy: [fault.remedy, ...further].join("; ") };
}

function notExported(fault: Fault): Fault {
  return { ...fault, rule: `${fault.rule}, so the Service is not exported` };
}

/** Finds why a Service cannot be exported under any name. */
function serviceFault(service: KubernetesService, cluster: ExportingCluster): Fault | undefined {
  const host = serviceHost(service, cluster.domain);
  if (service.type === "ExternalName") {
    const remedy = "Export the Service that it stands for, or remove it from the exports";
    return { path: "type", value: service.type, rule: "is an alias and cannot be exported", remedy };
  }
  if (!DNS_LABEL.test(service.name) || !DNS_LABEL.test(service.namespace) || !HOST_NAME.test(host)) {
    const remedy = "Rename the Service, or shorten the domain";
    return { path: "name", value: host, rule: HOST_NAME.rule, remedy };
  }
  const annotated = service.annotations[EXPORT_TO_ANNOTATION] ?? "";
  const isAnnotated = annotated.trim() !== "";
  const visible = isAnnotated ? annotated.split(",").map((entry) => entry.trim()) : cluster.serviceExportTo;
  const { namespace } = cluster.gateway;
  const accepted = ["*", namespace, ...(service.namespace === namespace ? ["."] : [])];
  // `~` hides it from all, whatever else is there except `*` (`initServiceRegistry`).
  const isHidden = visible.includes("~") && !visible.includes("*");
  const isVisible = visible.join("") === "" || visible.some((entry) => accepted.includes(entry));
  if (isVisible && !isHidden) return undefined;
  const path = pathOf("annotations", EXPORT_TO_ANNOTATION);
  if (!isAnnotated) {
    const rule = `is missing, and the mesh's defaultServiceExportTo (${visible.join(", ")}) hides the Service from the east-west gateway, so the Service is not exported`;
    return {
      path,
      rule,
      remedy: `Add it with the namespaces that call the Service and '${namespace}'`,
    };
  }
  const rule = "hides the Service from the east-west gateway, so the Service is not exported";
  const remedy = `Add the namespace '${namespace}' to it, or remove the Service from the exports`;
  return { path, value: visible.join(","), rule, remedy };
}
