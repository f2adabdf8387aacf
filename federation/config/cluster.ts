import type { Draft } from "./sections.ts";
import type { StackConfig } from "./stackConfig.ts";
import {
  DEFAULT_CLUSTER_DOMAIN,
  GLOBAL_DOMAIN,
  MESH_DOMAIN,
  OWNED_DOMAIN,
  OWNED_DOMAINS_LIMIT,
  defaultMeshDomain,
  validateOwnedDomains,
} from "../core/domains.ts";
import { distinct } from "../core/lists.ts";
import { DNS_LABEL, HOST_NAME, NETWORK, isBelow } from "../core/names.ts";
import { sortedUnique } from "../core/order.ts";
import { cleanDomain, pasted } from "../core/pasted.ts";
import { type Complaint, checked, fields, text } from "../core/schema.ts";
import { TRUST_DOMAIN } from "../core/spiffe.ts";
import { TRAITS } from "../core/topology.ts";

/** The section `cluster`: names, domains and network of this cluster. */
export const cluster = checked(
  fields({
    name: text(DNS_LABEL).describe("Istio's cluster ID, a DNS label that no other cluster of the mesh has."),
    domain: pasted(cleanDomain, HOST_NAME).optional().meta({
      description: "Cluster domain, as kubelets and cluster DNS have it.",
      defaultsTo: "with `istio.existing`: istiod's",
      page: "cluster-local.md",
    }),
    trustDomain: pasted(cleanDomain, TRUST_DOMAIN).optional().meta({
      description: "Trust domain of the workloads' identities; in a federation every cluster has another.",
      defaultsTo: "the cluster domain",
    }),
    network: text(NETWORK).optional().meta({
      description: "Network of pods that reach each other without a gateway.",
      defaultsTo: "the cluster's name",
    }),
    meshDomain: pasted(cleanDomain, MESH_DOMAIN).optional().meta({
      description: "Domain under which peers with the same cluster domain register our services.",
      defaultsTo: "`<name>.mesh`",
      page: "cluster-local.md",
    }),
    // Sorted below: faults name a domain by its place.
    domains: distinct(pasted(cleanDomain, OWNED_DOMAIN)).default([]).meta({
      description: "Further domains of this cluster, below which it may export Services by other names.",
      defaultsTo: "none",
      page: "exports.md#aliases",
    }),
  }),
  ({ name, domain, meshDomain = defaultMeshDomain(name), domains }): Complaint[] => {
    // The check runs on wrong values too.
    const list: readonly unknown[] = Array.isArray(domains) ? domains : [];
    return [
      ...validateOwnedDomains(list, { clusterDomain: domain, meshDomain }).map(({ index, rule, remedy }) => ({
        path: ["domains", index],
        rule,
        remedy,
      })),
      ...checkCount(list),
    ];
  },
)
  // Without `istio.existing` it is required, see checkExisting.
  .transform(({ name, domain = DEFAULT_CLUSTER_DOMAIN, trustDomain, network, meshDomain, domains }) => ({
    name,
    domain,
    trustDomain: trustDomain ?? domain,
    network: network ?? name,
    meshDomain: meshDomain ?? defaultMeshDomain(name),
    domains: sortedUnique(domains),
  }))
  .describe("Names, domains and network of this cluster. Fixed after the first `pulumi up`.");

function checkCount(domains: readonly unknown[]): Complaint[] {
  if (domains.length <= OWNED_DOMAINS_LIMIT) return [];
  const rule = `has ${domains.length} entries, and may have ${OWNED_DOMAINS_LIMIT}`;
  const remedy = "Name domains that hold several of these";
  return [{ path: ["domains"], rule, remedy, withoutValue: true }];
}

/** Checks the cluster's domains against the topology, which decides the host names that peers' services have here. */
export function checkClusterDomains({ sections, isSet }: Draft<StackConfig>): Complaint[] {
  const { topology, cluster: own } = sections;
  if (topology === undefined) return [];
  const { names } = TRAITS[topology];
  const complaints: Complaint[] = [];
  if (own !== undefined && names.includes("global") && isGlobal(own.domain)) {
    complaints.push({
      path: ["cluster", "domain"],
      rule: `is or lies below '${GLOBAL_DOMAIN}', below which peers' services have their names in topology '${topology}'`,
      remedy: "Choose another topology, or a cluster with another domain",
    });
  }
  if (names.includes("mesh")) return complaints;
  const unused = ["domains", "meshDomain"].filter((field) => isSet("cluster", field));
  const rule = `is for names that peers' services do not have in topology '${topology}'`;
  const remedy = "Remove it, or write topology: federation";
  return [...complaints, ...unused.map((field) => ({ path: ["cluster", field], rule, remedy }))];
}

function isGlobal(domain: string): boolean {
  return domain === GLOBAL_DOMAIN || isBelow(domain, GLOBAL_DOMAIN);
}
