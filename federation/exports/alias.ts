import * as z from "zod";
import { refuseHostName } from "../core/address.ts";
import { firstNames } from "../core/text.ts";
import { type Fault, pathOf } from "../core/fault.ts";
import { fillTemplate } from "../core/domains.ts";
import { isBelow, HOST_NAME } from "../core/names.ts";
import { compare, compareKeys, sortedRecord } from "../core/order.ts";
import { serviceHost } from "../core/serviceHost.ts";
import type { KubernetesService } from "./clusterServices.ts";
import { serviceKey } from "./exportRule.ts";
import type { Offer, OfferPort } from "./offer.ts";

/** Domains in which a cluster gives host names. */
export interface NamingDomains {
  clusterDomain: string;
  /** Further domains that it owns. @default none */
  domains?: readonly string[] | undefined;
}

/** Labels right below the cluster domain at which Kubernetes gives names. */
const KUBERNETES = ["pod", "svc"];

/**
 * Whether a cluster may export a Service under this alias: below a domain that it owns, or below its cluster domain, outside `svc` and `pod`.
 * A cluster domain of one label (`local`, `com`) contains names of others. A name that clients would expand, such as `bar.xyz.svc`, is refused.
 */
export function isAlias(host: string, { clusterDomain, domains = [] }: NamingDomains): boolean {
  if (refuseHostName(host) !== undefined) return false;
  if (domains.some((domain) => isBelow(host, domain))) return true;
  if (!clusterDomain.includes(".") || !isBelow(host, clusterDomain)) return false;
  const last =
    host
      .slice(0, -clusterDomain.length - 1)
      .split(".")
      .at(-1) ?? "";
  return !KUBERNETES.includes(last);
}

/** Host name under which a rule exports a Service: its own, unless the rule has an alias for it. */
export function exportedHost(
  service: { namespace: string; name: string },
  { as }: { as?: string | undefined },
  cluster: { domain: string },
): string {
  return (as === undefined ? undefined : fillTemplate(as, service)) ?? serviceHost(service, cluster.domain);
}

/** Schema of {@link ExportAlias}. */
export const exportAlias = z.object({
  namespace: z.string(),
  /** Name of the Service; the object is called {@link aliasObject}. */
  service: z.string(),
  spec: z.object({
    hosts: z.array(z.string()).length(1),
    location: z.literal("MESH_INTERNAL"),
    resolution: z.literal("STATIC"),
    ports: z.array(
      z.object({ number: z.number(), name: z.string(), protocol: z.string(), targetPort: z.number() }),
    ),
    workloadSelector: z.object({ labels: z.record(z.string(), z.string()) }),
    exportTo: z.array(z.string()),
  }),
});

/** A ServiceEntry of this cluster, by which its gateway finds a Service's workloads under an alias. */
export type ExportAlias = z.output<typeof exportAlias>;

/** Name of the ServiceEntry for the alias of a Service. */
export function aliasObject({ service }: Pick<ExportAlias, "service">): string {
  return `istio-federation-as-${service}`;
}

/** Renders the ServiceEntries of aliased exports, by namespace and name. @param visibleTo namespace of the gateway. */
export function toAliases(offers: readonly Offer[], visibleTo: string): ExportAlias[] {
  return offers
    .filter(({ isAliased }) => isAliased)
    .map((offer) => toAlias(offer, visibleTo))
    .sort((one, other) => compare(one.namespace, other.namespace) || compare(one.service, other.service));
}

function toAlias({ namespace, name, host, ports, selector }: Offer, visibleTo: string): ExportAlias {
  return {
    namespace,
    service: name,
    spec: {
      hosts: [host],
      location: "MESH_INTERNAL",
      resolution: "STATIC",
      ports: ports.flatMap(aliasPort),
      workloadSelector: { labels: sortedRecord(Object.entries(selector)) },
      exportTo: [visibleTo],
    },
  };
}

/**
 * Renders a port under a name that no port of a Pod has, as it is longer than 15 characters: Istio looks for a Pod's port of the name before
 * it uses `targetPort`. Peers do not see the name.
 */
function aliasPort({ number, protocol, targetPort }: OfferPort): ExportAlias["spec"]["ports"] {
  return targetPort === undefined
    ? []
    : [{ number, name: `istio-federation-${number}`, protocol, targetPort }];
}

/**
 * Finds why a Service cannot be exported under an alias; undefined when it can, or has none.
 * @param place of its rule in the config, e.g. `exports[1]`.
 */
export function aliasFault(
  service: KubernetesService,
  host: string,
  place: string,
  { domain, domains = [] }: { domain: string; domains?: readonly string[] },
): Fault | undefined {
  if (host === serviceHost(service, domain)) return undefined;
  if (!HOST_NAME.test(host) || !isAlias(host, { clusterDomain: domain, domains })) {
    const rule = `is the host name by ${place}.as, outside the domains of this cluster, so the Service is not exported`;
    const remedy = `Export it by a rule of its own, under a name below '${domain}' (but not below svc or pod there) or one of cluster.domains`;
    return { path: "name", value: host, rule, remedy };
  }
  if (Object.keys(service.selector).length > 0) return undefined;
  const rule = `is missing, and ${place}.as needs it to find the workloads, so the Service is not exported`;
  return { path: "selector", rule, remedy: "Give it a selector, or export it under its own name" };
}

/** Selects the ports that an alias can have: in a ServiceEntry all workloads have one port number. */
export function aliasPorts(ports: readonly OfferPort[]): { ports: OfferPort[]; warnings: Fault[] } {
  const [known = [], unknown = []] = [true, false].map((isKnown) =>
    ports.filter(({ targetPort }) => (targetPort !== undefined) === isKnown),
  );
  const what =
    known.length === 0 ? "neither the port nor the Service is exported" : "the port is not exported";
  return {
    ports: known,
    warnings: unknown.map(({ name }) => ({
      path: pathOf("ports", name),
      rule: `has no single port number at the workloads, which an alias needs, so ${what}`,
      remedy:
        "Write the number as targetPort, update this stack again when its workloads run, or export the Service under its own name",
    })),
  };
}
/** A host name that rules give to several Services. None is exported: a new Service must not take another one's callers. */
export interface DuplicateHost {
  /** `namespace/name` of each. */
  keys: ReadonlySet<string>;
  warning: Fault;
}

/** Finds host names that rules give to several Services. */
export function duplicateHosts(
  named: readonly { service: Pick<KubernetesService, "namespace" | "name">; host: string; index: number }[],
): DuplicateHost[] {
  return [...Map.groupBy(named, ({ host }) => host)]
    .filter(([, all]) => all.length > 1)
    .sort(compareKeys)
    .map(([value, all]) => {
      const keys = all.map(({ service }) => serviceKey(service)).sort(compare);
      const index = Math.min(...all.map((each) => each.index));
      return {
        keys: new Set(keys),
        warning: {
          path: pathOf("exports", index, "as"),
          value,
          rule: `would be the host name of ${keys.length} Services (${firstNames(keys)}), so none of them is exported`,
          remedy: "Write {name} and {namespace} into it, or let the rule match one Service",
        },
      };
    });
}
