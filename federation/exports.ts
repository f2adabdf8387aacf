import type { ClusterServices, KubernetesService, Workload } from "./clusterServices.ts";
import { type ContractService, contractService } from "./contractService.ts";
import { type ExportRule, selects } from "./exportRule.ts";
import { exportedPorts } from "./exportedPorts.ts";
import { type Fault, pathOf, within } from "./fault.ts";
import { DNS_LABEL, HOST_NAME } from "./hostname.ts";
import { identitiesOf } from "./identities.ts";
import { EXPORT_TO_ANNOTATION } from "./labels.ts";
import { compare, sortedRecord } from "./order.ts";
import { firstFaultsOf } from "./schema.ts";
import { GATEWAY_NAMESPACE } from "./wellKnown.ts";

/** What a cluster offers, by full host name, and what of it could not be offered as asked. */
export interface Exports {
  services: Record<string, ContractService>;
  warnings: Fault[];
}

/** Who exports. */
export interface ExportingCluster {
  domain: string;
  trustDomain: string;
}

/**
 * Decides what a cluster offers to its peers. Nothing here is fatal: what cannot be offered is held back with a warning.
 *
 * - A Service that a rule names and that is not there: a warning, as it may come later. A selector that selects nothing: silence.
 * - `ExternalName`: held back. It is an alias, has no workloads, and Istio puts nothing outside the mesh on the gateway.
 * - Headless: exported like any other, under its own name. On a gateway Istio makes of it an ordinary balanced cluster
 *   (`convertResolution` in pilot/pkg/networking/core/cluster.go), so callers reach any of its workloads; single pods by their own
 *   names (`db-0.db.xyz.svc...`) are not exported.
 * - Ports: see {@link exportedPorts}. A Service with no port that can be carried is held back.
 * - Not visible to the gateway by its annotation `networking.istio.io/exportTo`: held back, as the gateway would refuse every call.
 * - Identities: those of the annotation `istio-federation.dev/subject-alt-names` if there is one, else the service accounts of the
 *   workloads that the Service selects. None found now (scaled to zero, an outage): those last published stay, with a warning. None
 *   found ever, or no selector: held back, since callers that know no identity would take any trusted certificate for the service's.
 * - More ports or identities than a contract takes: held back.
 * - Two Services on one port number do not conflict, be both HTTP or one HTTP and one TCP: at a peer each has an entry of its own,
 *   with an address that istiod allots to it, and the gateway tells them apart by name (SNI), not by port.
 *
 * @param last the services last published, by host name.
 * @returns the same for the same findings in any order.
 */
export function exportServices(
  found: ClusterServices,
  rules: readonly ExportRule[],
  cluster: ExportingCluster,
  last: Readonly<Record<string, ContractService>> = {},
): Exports {
  const warnings = rules.flatMap((rule, index) => missing(rule, index, found.services));
  const workloads = Map.groupBy(found.workloads, ({ namespace }) => namespace);
  const services: [string, ContractService][] = [];
  for (const service of selectServices(found.services, rules)) {
    const host = hostOf(service, cluster);
    const known = last[host]?.subjectAltNames ?? [];
    const offer = offerService(service, workloads.get(service.namespace) ?? [], cluster, known);
    const path = `Service ${service.namespace}/${service.name}`;
    warnings.push(...offer.warnings.map((warning) => within(path, warning)));
    if (offer.service !== undefined) services.push([host, offer.service]);
  }
  return { services: sortedRecord(services), warnings };
}

function hostOf({ namespace, name }: KubernetesService, { domain }: ExportingCluster): string {
  return `${name}.${namespace}.svc.${domain}`;
}

function missing(rule: ExportRule, index: number, services: readonly KubernetesService[]): Fault[] {
  if ("selector" in rule || services.some((service) => selects(rule, service))) return [];
  const value = `${rule.namespace}/${rule.service}`;
  return [
    {
      path: pathOf("exports", index),
      value,
      rule: "is no Service of this cluster yet",
      remedy: "Create it and update this stack again, or correct its namespace and name",
    },
  ];
}

function selectServices(
  services: readonly KubernetesService[],
  rules: readonly ExportRule[],
): KubernetesService[] {
  const selected = services.filter((service) => rules.some((rule) => selects(rule, service)));
  return selected.sort(
    (one, other) => compare(one.namespace, other.namespace) || compare(one.name, other.name),
  );
}

/** What is offered of a Service: nothing when `service` is not there. */
interface Offer {
  service?: ContractService;
  warnings: Fault[];
}

function offerService(
  service: KubernetesService,
  neighbours: readonly Workload[],
  cluster: ExportingCluster,
  known: readonly string[],
): Offer {
  const hindrance = unfitness(service, cluster);
  if (hindrance !== undefined) return { warnings: [hindrance] };
  const { ports, warnings } = exportedPorts(service.ports);
  const found = identitiesOf(service, neighbours, cluster.trustDomain, known);
  warnings.push(...found.warnings);
  if (found.identities.length === 0) return { warnings };
  if (ports.length === 0) return { warnings: [...warnings, NO_PORT] };
  const offered = { ports, subjectAltNames: found.identities };
  const { error } = contractService.safeParse(offered);
  if (error === undefined) return { service: offered, warnings };
  return { warnings: [...warnings, ...firstFaultsOf(error, offered).map(heldBack)] };
}

function heldBack(fault: Fault): Fault {
  return { ...fault, rule: `${fault.rule}, so the Service is held back` };
}

const NO_PORT: Fault = {
  path: "ports",
  rule: "has none that can be exported, so the Service is held back",
  remedy: "Give it a TCP port, or take it out of the exports",
};

function unfitness(service: KubernetesService, cluster: ExportingCluster): Fault | undefined {
  if (service.type === "ExternalName") {
    const remedy = "Export the Service that it stands for, or take it out of the exports";
    return { path: "type", value: service.type, rule: "is an alias and cannot be exported", remedy };
  }
  const host = hostOf(service, cluster);
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
