import { refuseHostName } from "./address.ts";
import { HOST_NAME, overlap } from "./names.ts";
import type { TextRule } from "./schema.ts";

/** Where DNS tells names by addresses: no cluster's names are in it, and CoreDNS answers there for the cluster's own. */
export const REVERSE_DOMAINS: readonly string[] = ["in-addr.arpa", "ip6.arpa"];
/** Under it a service has one name in all clusters, by Istio's convention for replicated control planes. */
export const GLOBAL_DOMAIN = "global";

/**
 * The name under which a peer's service is called where its own name may be that of a local one.
 * @param host its name there, `<name>.<namespace>.svc.<cluster domain>`.
 * @param clusterDomain the peer's.
 * @returns `<name>.<namespace>.global`; undefined for a name of another form.
 */
export function globalName(host: string, clusterDomain: string): string | undefined {
  const suffix = `.svc.${clusterDomain}`;
  const service = host.slice(0, -suffix.length);
  return host.endsWith(suffix) && /^[^.]+\.[^.]+$/.test(service) ? `${service}.${GLOBAL_DOMAIN}` : undefined;
}
/** The cluster domain that nearly every cluster has: Kubernetes' default. */
export const DEFAULT_CLUSTER_DOMAIN = "cluster.local";

/** Domains of names that no single cluster's are: Istio's global ones, and those of the Multi-Cluster Services API. */
export const SHARED_DOMAINS: readonly string[] = ["clusterset.local", GLOBAL_DOMAIN];

const TAKEN = [DEFAULT_CLUSTER_DOMAIN, ...SHARED_DOMAINS, ...REVERSE_DOMAINS];

/**
 * What a mesh domain may be: a name of at least two labels, as a single one (`local`, `com`, `svc`) holds names that are others', or ends
 * other clusters' domains; and not where every cluster may have names of its own, whose domain we do not know.
 */
export const MESH_DOMAIN: TextRule = {
  test: (text) =>
    HOST_NAME.test(text) && text.includes(".") && TAKEN.every((domain) => !overlap(text, domain)),
  rule: `must be a DNS name of two labels or more that neither is, holds nor lies in any of ${TAKEN.join(", ")}`,
  remedy: "Choose one by which no other cluster and nothing else is called, e.g. cluster-b.mesh",
};

/** The mesh domain of a cluster that does not say another. */
export function defaultMeshDomain(cluster: string): string {
  return `${cluster}.mesh`;
}
/** Domains that one cluster may own beside its cluster domain: each is judged against those of all others. */
export const OWNED_DOMAINS_LIMIT = 16;

/** What a domain may be in which a cluster offers names: it must no more be somebody else's than a mesh domain. */
export const OWNED_DOMAIN: TextRule = {
  test: (text) => MESH_DOMAIN.test(text) && refuseHostName(text) === undefined,
  rule: `${MESH_DOMAIN.rule}, and does not end in svc, localhost or localdomain`,
  remedy: "Name a domain that is this cluster's own, e.g. shop.example",
};

/**
 * A cluster's domains must neither be, hold nor lie in one another, its cluster domain or its mesh domain: of each name it is then plain in
 * which of them it lies. What is no text is told by itself.
 * @returns what is wrong with single entries, by their places.
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
    const rule = `is, holds or lies in '${taken}', another of the cluster's own domains`;
    return [{ index, value, rule, remedy: "Remove one of the two" }];
  });
}
