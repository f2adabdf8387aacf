import type { ContractService } from "./contract.ts";
import type { Fault } from "./fault.ts";
import { pathOf, within } from "./fault.ts";
import { DNS_LABEL, HOST_NAME } from "./hostname.ts";
import { exportedPorts } from "./exportedPorts.ts";
import { EXPORT_TO_ANNOTATION, SUBJECT_ALT_NAMES_ANNOTATION } from "./labels.ts";
import { compare, sortedRecord, sortedUnique } from "./order.ts";
import { parseSpiffeId, serviceAccountId } from "./spiffe.ts";
import { GATEWAY_NAMESPACE } from "./wellKnown.ts";

/** Which Services a stack exports: one by name, or all that carry these labels (in one namespace, or in all). */
export type ExportRule =
  { namespace: string; service: string } | { selector: Record<string, string>; namespace?: string };

/** What is needed of a port of a Kubernetes Service. */
export interface KubernetesPort {
  name?: string | undefined;
  port: number;
  /** `TCP` when left out. */
  protocol?: string | undefined;
  appProtocol?: string | undefined;
}

/** What is needed of a Kubernetes Service. */
export interface KubernetesService {
  namespace: string;
  name: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  /** `ClusterIP` when left out. */
  type?: string | undefined;
  /** `None` for a headless Service. */
  clusterIP?: string | undefined;
  /** Empty for a Service without a selector. */
  selector: Record<string, string>;
  ports: KubernetesPort[];
}

/** A Pod or a WorkloadEntry. */
export interface Workload {
  namespace: string;
  labels: Record<string, string>;
  /** Name of its service account; "" where it has none (a WorkloadEntry may not). */
  serviceAccount: string;
}

/** What was found in a cluster. Order does not matter. */
export interface ClusterServices {
  services: KubernetesService[];
  workloads: Workload[];
}

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
 *   workloads that the Service selects. None found, or no selector: held back, since callers that know no
 *   identity would take any trusted certificate for the service's.
 *
 * @returns the same for the same findings in any order.
 */
export function exportServices(
  found: ClusterServices,
  rules: readonly ExportRule[],
  cluster: ExportingCluster,
): Exports {
  const warnings = rules.flatMap((rule, index) => missing(rule, index, found.services));
  const workloads = Map.groupBy(found.workloads, ({ namespace }) => namespace);
  const services: [string, ContractService][] = [];
  for (const service of selectServices(found.services, rules)) {
    const offer = offerService(service, workloads.get(service.namespace) ?? [], cluster);
    const path = `Service ${service.namespace}/${service.name}`;
    warnings.push(...offer.warnings.map((warning) => within(path, warning)));
    if (offer.service !== undefined) services.push([hostOf(service, cluster), offer.service]);
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

function selects(rule: ExportRule, { namespace, name, labels }: KubernetesService): boolean {
  if ("service" in rule) return rule.namespace === namespace && rule.service === name;
  return (rule.namespace ?? namespace) === namespace && matches(rule.selector, labels);
}

/** Whether all labels asked for are there; an empty selector matches nothing. */
function matches(selector: Record<string, string>, labels: Record<string, string>): boolean {
  const wanted = Object.entries(selector);
  return (
    wanted.length > 0 && wanted.every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value)
  );
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
): Offer {
  const hindrance = unfitness(service, cluster);
  if (hindrance !== undefined) return { warnings: [hindrance] };
  const { ports, warnings } = exportedPorts(service.ports);
  const identities = identitiesOf(service, neighbours, cluster);
  if ("rule" in identities) return { warnings: [...warnings, identities] };
  if (ports.length === 0) return { warnings: [...warnings, NO_PORT] };
  return { service: { ports, subjectAltNames: identities }, warnings };
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

/** The identities under which a Service answers, sorted; or why they are not known. */
function identitiesOf(
  { annotations, selector, namespace }: KubernetesService,
  neighbours: readonly Workload[],
  { trustDomain }: ExportingCluster,
): string[] | Fault {
  const given = annotations[SUBJECT_ALT_NAMES_ANNOTATION];
  if (given !== undefined) return givenIdentities(given, trustDomain);
  const accounts = neighbours
    .filter((workload) => workload.serviceAccount !== "" && matches(selector, workload.labels))
    .map(({ serviceAccount }) => serviceAccountId(trustDomain, namespace, serviceAccount));
  if (accounts.length > 0) return sortedUnique(accounts);
  return {
    path: "selector",
    rule: "leads to no workload whose service account is known, so the Service is held back",
    remedy: `Start its workloads and update this stack again, or name their identities in the annotation ${SUBJECT_ALT_NAMES_ANNOTATION}`,
  };
}

function givenIdentities(given: string, trustDomain: string): string[] | Fault {
  const identities = given.split(",").map((identity) => identity.trim());
  if (identities.every((identity) => parseSpiffeId(identity)?.trustDomain === trustDomain))
    return sortedUnique(identities);
  return {
    path: pathOf("annotations", SUBJECT_ALT_NAMES_ANNOTATION),
    value: given,
    rule: `must be SPIFFE ids of this cluster's trust domain, separated by commas, so the Service is held back`,
    remedy: `Write each as spiffe://${trustDomain}/ns/<namespace>/sa/<service account>`,
  };
}
