import * as z from "zod";
import { refuseHostName } from "../core/address.ts";
import { firstNames } from "../core/change.ts";
import { type Fault, pathOf } from "../core/fault.ts";
import { extraName } from "../core/domains.ts";
import { isBelow, HOST_NAME } from "../core/names.ts";
import { compare, sortedRecord } from "../core/order.ts";
import { GATEWAY_NAMESPACE } from "../core/wellKnown.ts";
import type { KubernetesService } from "./clusterServices.ts";
import { keyOf } from "./exportRule.ts";
import type { ExportedPort, ExportedService } from "./offer.ts";

/** The domains in which a cluster's names are. */
export interface NamingDomains {
  clusterDomain: string;
  /** Others that it owns. @default none */
  domains?: readonly string[];
}

/** Where Kubernetes itself gives names, right below the cluster domain. */
const KUBERNETES = ["pod", "svc"];

/**
 * Whether a cluster may offer a Service under this name, which is not its full one: below a domain that it owns, or below its cluster domain
 * where no Service and no Pod has its name. A cluster domain of one label (`local`, `com`) holds names that are others'. Nor is a name one that
 * means something else wherever it is called, such as `bar.xyz.svc`.
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

/** Full name of a Service. */
export function hostOf(
  { namespace, name }: { namespace: string; name: string },
  { domain }: { domain: string },
): string {
  return `${name}.${namespace}.svc.${domain}`;
}

/** The name under which a rule offers a Service: its full one, unless the rule says another. */
export function offeredAs(
  service: { namespace: string; name: string },
  { as }: { as?: string | undefined },
  cluster: { domain: string },
): string {
  return (as === undefined ? undefined : extraName(as, service)) ?? hostOf(service, cluster);
}
/** A ServiceEntry of this cluster, by which its gateway finds a Service's workloads under another name. */
export interface ExportAlias {
  /** The Service's. */
  namespace: string;
  /** The Service's too: the object's is {@link aliasObject}. */
  service: string;
  spec: {
    hosts: string[];
    location: "MESH_INTERNAL";
    resolution: "STATIC";
    ports: { number: number; name: string; protocol: string; targetPort: number }[];
    workloadSelector: { labels: Record<string, string> };
    exportTo: string[];
  };
}

/** Schema of {@link ExportAlias}. */
export const exportAlias: z.ZodType<ExportAlias> = z.object({
  namespace: z.string(),
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

/** Name of the ServiceEntry of a Service: it has at most one. */
export function aliasObject({ service }: Pick<ExportAlias, "service">): string {
  return `istio-federation-as-${service}`;
}

/** The ServiceEntries of those Services that are offered under other names, by namespace and name. */
export function aliasesOf(exported: readonly ExportedService[]): ExportAlias[] {
  return exported
    .filter(({ isAliased }) => isAliased === true)
    .map(({ namespace, name, host, ports, selector }): ExportAlias => ({
      namespace,
      service: name,
      spec: {
        hosts: [host],
        location: "MESH_INTERNAL",
        resolution: "STATIC",
        ports: ports.flatMap(aliasPort),
        workloadSelector: { labels: sortedRecord(Object.entries(selector)) },
        exportTo: [GATEWAY_NAMESPACE],
      },
    }))
    .sort((one, other) => compare(one.namespace, other.namespace) || compare(one.service, other.service));
}

/**
 * Istio looks for a ServiceEntry's port among a Pod's by name before it heeds `targetPort`: no port of a Pod has a name of more than 15
 * characters. Peers do not see this name.
 */
function aliasPort({ number, protocol, targetPort }: ExportedPort): ExportAlias["spec"]["ports"] {
  return targetPort === undefined
    ? []
    : [{ number, name: `istio-federation-${number}`, protocol, targetPort }];
}

/**
 * Why a Service cannot be offered under a name other than its own; undefined when it can.
 * @param place of its rule in the config, e.g. `exports[1]`.
 */
export function unfitAlias(
  service: KubernetesService,
  host: string,
  place: string,
  { domain, domains = [] }: { domain: string; domains?: readonly string[] },
): Fault | undefined {
  if (host === hostOf(service, { domain })) return undefined;
  if (!HOST_NAME.test(host) || !isAlias(host, { clusterDomain: domain, domains })) {
    return {
      path: "name",
      value: host,
      rule: `is what ${place}.as calls it, and no name that this cluster may give, so the Service is held back`,
      remedy: `Offer it by a rule of its own, under a name below '${domain}' (but not below svc or pod there) or one of cluster.domains`,
    };
  }
  if (Object.keys(service.selector).length > 0) return undefined;
  return {
    path: "selector",
    rule: `is not there, and by it ${place}.as would lead to its workloads, so the Service is held back`,
    remedy: "Give it a selector, or offer it under its own name",
  };
}

/** Of the ports of a Service with another name those that can be offered: to a ServiceEntry all workloads have the same port number. */
export function aliasPorts(ports: readonly ExportedPort[]): { ports: ExportedPort[]; warnings: Fault[] } {
  const [known = [], unknown = []] = [true, false].map((isKnown) =>
    ports.filter(({ targetPort }) => (targetPort !== undefined) === isKnown),
  );
  const held = known.length === 0 ? ", and with it the Service" : "";
  return {
    ports: known,
    warnings: unknown.map(({ name }) => ({
      path: pathOf("ports", name),
      rule: `leads to no one port number that its workloads agree on, which a name of another form needs, so it is held back${held}`,
      remedy:
        "Write the number as targetPort, update this stack again when its workloads run, or offer it under its own name",
    })),
  };
}
/** Services that would have one name: nothing tells whose it is, and to choose would let a new Service take another one's callers. */
export interface CommonName {
  /** `namespace/name` of each. */
  keys: ReadonlySet<string>;
  warning: Fault;
}

/** @param named each with the name that its rule gives it, and the place of the rule. */
export function commonNames(
  named: readonly { service: Pick<KubernetesService, "namespace" | "name">; host: string; index: number }[],
): CommonName[] {
  return [...Map.groupBy(named, ({ host }) => host)]
    .filter(([, all]) => all.length > 1)
    .sort(([one], [other]) => compare(one, other))
    .map(([value, all]) => {
      const keys = all.map(({ service }) => keyOf(service)).sort(compare);
      const index = Math.min(...all.map((each) => each.index));
      return {
        keys: new Set(keys),
        warning: {
          path: pathOf("exports", index, "as"),
          value,
          rule: `would be the name of ${keys.length} Services (${firstNames(keys)}), so they are all held back`,
          remedy: "Write {name} and {namespace} into it, or have the rule mean one Service",
        },
      };
    });
}
