import type { ExportRule } from "../config/exports.ts";
import { type ServicePort, type ContractService, contractService } from "../contract/service.ts";
import { type Fault, pathOf } from "../core/fault.ts";
import { EXPORT_TO_ANNOTATION } from "../core/labels.ts";
import { DNS_LABEL, HOST_NAME } from "../core/names.ts";
import { ownValue, sortedUnique } from "../core/order.ts";
import { firstFaultsOf } from "../core/schema.ts";
import { GATEWAY_NAMESPACE } from "../core/wellKnown.ts";
import { hostOf, offeredAs, aliasPorts, unfitAlias } from "./alias.ts";
import type { KubernetesService, Workload } from "./clusterServices.ts";
import { isTerminating } from "./exportRule.ts";
import { unfitServers } from "./gatewayListeners.ts";
import { identitiesOf, openedIdentities } from "./identities.ts";
import {
  type Narrowed,
  missingPorts,
  narrowPeers,
  narrowPorts,
  publishedLabels,
} from "./ownerAnnotations.ts";
import { type KubernetesPort, exportedPorts } from "./ports.ts";
import { type TlsOfCluster, judgeReach } from "./reachability.ts";

/** A Service that is offered to peers, as this cluster knows it: what its contract says is only what peers need. */
export interface ExportedService {
  namespace: string;
  name: string;
  /** Its key in the contract: `<name>.<namespace>.svc.<domain>`, or the other name under which its rule offers it. */
  host: string;
  /** Whether it is offered under another name, to which a ServiceEntry has to lead; left out where it is not. */
  isAliased?: true;
  /** Whether the gateway opens peers' calls of it, so that its workloads see the gateway's identity; left out where it does not. */
  terminated?: true;
  /** Labels of its workloads; empty where the Service has no selector, and its identities are annotated. */
  selector: Record<string, string>;
  /** What is offered of it, by number; at least one. */
  ports: ExportedPort[];
  /** Whether those are all that the gateway could lead to: what it passes on unopened it passes on to all ports of a Service. */
  isWhole: boolean;
  /** Who is offered it, by the peers' names in the config, sorted: all of them where the rule names none. */
  peers: string[];
  /** Whether its workloads take calls without mutual TLS too, whose callers have no identity. */
  permissive: boolean;
  /** The rule that decided on it. */
  rule: ExportRule;
  /** Its place among the config's `exports`. */
  ruleIndex: number;
}

/** A port that is offered. */
export interface ExportedPort extends ServicePort {
  /** The port of its workloads; left out where it is named and they do not tell, or do not agree. */
  targetPort?: number;
  /** All ports at which some workload of it takes what comes, sorted; left out where none tells. */
  targetPorts?: number[];
}
/** Who exports. */
export interface ExportingCluster {
  domain: string;
  /** Others that it owns. @default none */
  domains?: readonly string[];
  trustDomain: string;
  /** Name of the gateway's service account. @default that of the chart */
  gatewayAccount?: string;
  /** The peers by their names in the config, each with the name that it gives itself. */
  peers: Readonly<Record<string, string>>;
}

/** A Service, and what decides on it. */
export interface Candidate {
  service: KubernetesService;
  rule: ExportRule;
  /** Place of the rule in the config. */
  ruleIndex: number;
  /** Those that it selects. */
  workloads: readonly Workload[];
  /** Identities last published of it; empty where it was not. */
  known: readonly string[];
}

/** What becomes of a Service: nothing of it is offered when `offered` is not there. */
export interface Offer {
  offered?: OfferedService;
  /** Seen from the Service. */
  warnings: Fault[];
}

/** What is offered of a Service. */
export interface OfferedService {
  /** What the contract says of it. */
  published: ContractService;
  /** What this cluster knows of it. */
  exported: ExportedService;
  /** Ports that its rule asks for, and that it does not have. */
  missingPorts: string[];
  /** PeerAuthentications by which it takes plain text too. */
  permissive: string[];
}

/** Decides what of one Service is offered, by the rules that {@link exportServices} tells. */
export function offerService(candidate: Candidate, cluster: ExportingCluster, tls: TlsOfCluster): Offer {
  const { service, rule, ruleIndex, workloads, known } = candidate;
  const host = offeredAs(service, rule, cluster);
  const isAliased = host !== hostOf(service, cluster);
  const wanted = wantedOf(candidate, host, cluster);
  if (wanted.left === undefined) return { warnings: wanted.warnings };
  const { only, isWanted } = wanted.left;

  const carried = exportedPorts(service.ports, isWanted);
  const terminated = isTerminating(rule);
  const { identities, ...found } = terminated
    ? openedIdentities(service, workloads, cluster)
    : identitiesOf(service, workloads, cluster.trustDomain, known);
  const warnings = [...wanted.warnings, ...carried.warnings, ...found.warnings];
  if (identities.length === 0) return { warnings };
  const { permissive, ...reach } = judgeReach({ ...service, host, terminated }, carried, workloads, tls);
  const { ports, warnings: unknown } = isAliased ? aliasPorts(reach.ports) : { ...reach, warnings: [] };
  warnings.push(...reach.warnings, ...unknown);
  if (ports.length === 0) return { warnings };
  const tooLong = terminated ? unfitServers(host, ports) : undefined;
  if (tooLong !== undefined) return { warnings: [...warnings, tooLong] };

  const labels = publishedLabels(service, rule);
  const published: ContractService = {
    ports: ports.map(({ number, name, protocol }) => ({ number, name, protocol })),
    subjectAltNames: identities,
    ...(only === undefined
      ? {}
      : { peers: sortedUnique(only.map((peer) => ownValue(cluster.peers, peer) ?? peer)) }),
    ...(labels === undefined ? {} : { labels }),
    ...(terminated ? { terminated } : {}),
  };
  const { error } = contractService.safeParse(published);
  if (error !== undefined)
    return { warnings: [...warnings, ...firstFaultsOf(error, published).map(heldBack)] };
  const exported: ExportedService = {
    namespace: service.namespace,
    name: service.name,
    host,
    ...(isAliased ? { isAliased } : {}),
    ...(terminated ? { terminated } : {}),
    selector: service.selector,
    ports,
    // A gateway that opens calls leads to those ports that it has servers for.
    isWhole: terminated || ports.length === exportedPorts(service.ports).ports.length,
    peers: only ?? sortedUnique(Object.keys(cluster.peers)),
    permissive: permissive.length > 0,
    rule,
    ruleIndex,
  };
  const offered = { published, exported, missingPorts: missingPorts(service, rule), permissive };
  return { offered, warnings };
}

/** What is to be offered, and to whom (all peers when `only` is left out), before anything is known of the workloads. */
interface Wanted {
  only?: string[];
  isWanted: (port: KubernetesPort) => boolean;
}

function wantedOf(
  { service, rule, ruleIndex }: Candidate,
  host: string,
  cluster: ExportingCluster,
): Narrowed<Wanted> {
  const place = pathOf("exports", ruleIndex);
  const audience = narrowPeers(service, rule, place, Object.keys(cluster.peers));
  // What is offered to nobody has no faults either.
  if (audience.left?.only?.length === 0) return { warnings: [] };
  const hindrance = unfitness(service, cluster) ?? unfitAlias(service, host, place, cluster);
  if (hindrance !== undefined) return { warnings: [hindrance] };
  const chosen = narrowPorts(service, rule, place);
  const warnings = [...audience.warnings, ...chosen.warnings];
  if (audience.left === undefined || chosen.left === undefined) return { warnings };
  return { left: { ...audience.left, isWanted: chosen.left }, warnings };
}

function heldBack(fault: Fault): Fault {
  return { ...fault, rule: `${fault.rule}, so the Service is held back` };
}

function unfitness(service: KubernetesService, cluster: ExportingCluster): Fault | undefined {
  const host = hostOf(service, cluster);
  if (service.type === "ExternalName") {
    const remedy = "Export the Service that it stands for, or take it out of the exports";
    return { path: "type", value: service.type, rule: "is an alias and cannot be exported", remedy };
  }
  if (!DNS_LABEL.test(service.name) || !DNS_LABEL.test(service.namespace) || !HOST_NAME.test(host)) {
    return {
      path: "name",
      value: host,
      rule: HOST_NAME.rule,
      remedy: "Rename the Service, or shorten the domain",
    };
  }
  const visible =
    service.annotations[EXPORT_TO_ANNOTATION]?.split(",").map((namespace) => namespace.trim()) ?? [];
  const seen = ["*", GATEWAY_NAMESPACE, ...(service.namespace === GATEWAY_NAMESPACE ? ["."] : [])];
  if (visible.join("") === "" || visible.some((namespace) => seen.includes(namespace))) return undefined;
  return {
    path: pathOf("annotations", EXPORT_TO_ANNOTATION),
    value: visible.join(","),
    rule: "hides the Service from the east-west gateway, so it is held back",
    remedy: `Add the namespace '${GATEWAY_NAMESPACE}' to it, or take the Service out of the exports`,
  };
}
