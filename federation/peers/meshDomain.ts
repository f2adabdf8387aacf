import { REVERSE_DOMAINS } from "../dns/reservedDomains.ts";
import { HOST_NAME, overlap } from "../hostname.ts";
import type { TextRule } from "../textRule.ts";
import { GLOBAL_DOMAIN } from "../topology/globalName.ts";

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
