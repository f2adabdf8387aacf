import { refuseHostName } from "./address.ts";
import { HOST_NAME, isBelow, overlap, parentDomains } from "./names.ts";
import type { TextRule } from "./schema.ts";
import { parseServiceHost } from "./serviceHost.ts";

/** Domains of reverse DNS, where CoreDNS answers for the cluster's own addresses: no service's name is in them. */
export const REVERSE_DOMAINS: readonly string[] = ["in-addr.arpa", "ip6.arpa"];
/** Domain in which a service has one name in all clusters: Istio's convention for replicated control planes. */
export const GLOBAL_DOMAIN = "global";

/**
 * Returns the global name of a peer's service, for clusters with equal cluster domains.
 * @param host name in the peer's cluster.
 * @returns `<name>.<namespace>.global`; undefined for the host of no Service.
 */
export function globalName(host: string, clusterDomain: string): string | undefined {
  const service = parseServiceHost(host, clusterDomain);
  return service && `${service.name}.${service.namespace}.${GLOBAL_DOMAIN}`;
}

/** Kubernetes' default cluster domain, which nearly every cluster has. */
export const DEFAULT_CLUSTER_DOMAIN = "cluster.local";

/** Domains that belong to no single cluster: Istio's global one, and that of the Multi-Cluster Services API. */
export const SHARED_DOMAINS: readonly string[] = ["clusterset.local", GLOBAL_DOMAIN];

const TAKEN = [DEFAULT_CLUSTER_DOMAIN, ...SHARED_DOMAINS, ...REVERSE_DOMAINS];

/**
 * Rule of a mesh domain: two labels or more, outside the domains of every cluster. A single label (`local`, `com`, `svc`) would contain
 * names of others.
 */
export const MESH_DOMAIN: TextRule = {
  test: (text) =>
    HOST_NAME.test(text) && text.includes(".") && TAKEN.every((domain) => !overlap(text, domain)),
  rule: `must be a DNS name of two labels or more that does not overlap with ${TAKEN.join(", ")}`,
  remedy: "Choose a domain that nothing else uses, e.g. cluster-b.mesh",
};

/** Returns the mesh domain of a cluster whose config names none. */
export function defaultMeshDomain(cluster: string): string {
  return `${cluster}.mesh`;
}

/** Most domains that one cluster may own beside its cluster domain: each is compared with those of all peers. */
export const OWNED_DOMAINS_LIMIT = 16;

/** Rule of a further domain that a cluster owns and exports names in. */
export const OWNED_DOMAIN: TextRule = {
  test: (text) => MESH_DOMAIN.test(text) && refuseHostName(text) === undefined,
  rule: `${MESH_DOMAIN.rule}, and does not end in svc, localhost or localdomain`,
  remedy: "Name a domain that is this cluster's own, e.g. shop.example",
};

/**
 * Validates that a cluster's domains do not overlap, so that each name lies in one of them. Entries that are no text are skipped: the
 * schema reports them.
 * @returns a fault for each entry that overlaps with an earlier domain, with its index.
 */
export function validateOwnedDomains(
  domains: readonly unknown[],
  { clusterDomain, meshDomain }: { clusterDomain?: unknown; meshDomain?: unknown },
): { index: number; value: string; rule: string; remedy: string }[] {
  return domains.flatMap((value, index) => {
    if (typeof value !== "string") return [];
    const others = [clusterDomain, meshDomain, ...domains.slice(0, index)];
    const taken = others.filter((other) => typeof other === "string").find((other) => overlap(value, other));
    if (taken === undefined) return [];
    const rule = `overlaps with '${taken}', another of the cluster's own domains`;
    return [{ index, value, rule, remedy: "Remove one of the two" }];
  });
}

/** Placeholders of a service's name and namespace in the template of an alias. */
const PLACEHOLDER = /\{(name|namespace)\}/g;

/** Longest template; longer than a host name, as placeholders may be longer than their values. */
const TEMPLATE_LIMIT = 300;

/**
 * Host name in which `{name}` and `{namespace}` stand for those of a service, except in the last label: `{name}.{namespace}` also is the
 * short name of a local Service.
 */
export const NAME_TEMPLATE: TextRule = {
  test: (text) =>
    text.length <= TEMPLATE_LIMIT &&
    HOST_NAME.test(text.replaceAll(PLACEHOLDER, "a")) &&
    !/\{[^.]*$/.test(text),
  rule: "must be a DNS name, in which '{name}' and '{namespace}' may stand for those of the service, but not in its last label",
  remedy: "Write such a name, e.g. {name}.{namespace}.global",
};

/**
 * Fills in the template of an alias or of a local Service's name.
 * @returns undefined where the template has a placeholder without a value.
 */
export function fillTemplate(
  template: string,
  { name, namespace, peer }: { name?: string; namespace?: string; peer?: string },
): string | undefined {
  const values: Readonly<Record<string, string | undefined>> = { name, namespace, peer };
  const asked = [...template.matchAll(/\{(\w+)\}/g)].map(([, key = ""]) => key);
  if (asked.some((key) => values[key] === undefined)) return undefined;
  return asked.reduce((text, key) => text.replace(`{${key}}`, () => values[key] ?? ""), template);
}

/** Reason why a name must not be given here. */
export interface NameRefusal {
  /** Completes "<the name> ...". */
  rule: string;
  /** Whether the reason is a domain of another peer. */
  isTaken: boolean;
}

/**
 * Explains why a peer's service must not have this alias here.
 * @param ownDomains this cluster's domains.
 * @param ownerOf returns the other peer whose domain it is, e.g. `peer cluster-c`; undefined for a domain of none.
 * @returns undefined for a name that is allowed.
 */
export function refuseExtraName(
  name: string,
  ownDomains: readonly string[],
  ownerOf: (domain: string) => string | undefined,
): NameRefusal | undefined {
  const byRule = (rule: string): NameRefusal => ({ rule, isTaken: false });
  if (!HOST_NAME.test(name)) return byRule(HOST_NAME.rule);
  const own = ownDomains.find((domain) => name === domain || isBelow(name, domain));
  if (own !== undefined) return byRule(`is a name of this cluster's own domain '${own}'`);
  const taken = [name, ...parentDomains(name)].find((domain) => ownerOf(domain) !== undefined);
  if (taken !== undefined)
    return { rule: `is a name of '${taken}', the domain of ${ownerOf(taken)}`, isTaken: true };
  const odd = refuseHostName(name);
  return odd === undefined ? undefined : byRule(odd);
}
