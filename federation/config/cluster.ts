import {
  MESH_DOMAIN,
  defaultMeshDomain,
  OWNED_DOMAIN,
  OWNED_DOMAINS_LIMIT,
  judgeOwnedDomains,
} from "../core/domains.ts";
import { anyNumber } from "../core/lists.ts";
import { DNS_LABEL, HOST_NAME, NETWORK } from "../core/names.ts";
import { type Complaint, checked, fields, text } from "../core/schema.ts";
import { TRUST_DOMAIN } from "../core/spiffe.ts";

/** Who a cluster is. */
export interface ClusterConfig {
  name: string;
  /** Its cluster domain, as its kubelets and its DNS have it. */
  domain: string;
  /** Of its workloads' identities: `domain` by default. */
  trustDomain: string;
  /** Pods that reach each other without a gateway: `name` by default. */
  network: string;
  /** Where peers whose own cluster domain is the same register its services, in a federation: `<name>.mesh` by default. */
  meshDomain: string;
  /** Further domains that it owns, below which it may offer Services, in a federation; left out: none. */
  domains?: string[];
}

/** Checks a stack's `cluster` and fills in its defaults. */
export const cluster = checked(
  fields({
    name: text(DNS_LABEL),
    domain: text(HOST_NAME),
    trustDomain: text(TRUST_DOMAIN).optional(),
    network: text(NETWORK).optional(),
    meshDomain: text(MESH_DOMAIN).optional(),
    domains: anyNumber(text(OWNED_DOMAIN)).optional(),
  }),
  ({ name, domain, meshDomain = defaultMeshDomain(name), domains }): Complaint[] => {
    // The check runs on wrong values too.
    const list: readonly unknown[] = Array.isArray(domains) ? domains : [];
    return [
      ...judgeOwnedDomains(list, { clusterDomain: domain, meshDomain }).map(({ index, rule, remedy }) => ({
        path: ["domains", index],
        rule,
        remedy,
      })),
      ...judgeCount(list),
    ];
  },
).transform(({ name, domain, trustDomain, network, meshDomain, domains = [] }): ClusterConfig => ({
  name,
  domain,
  trustDomain: trustDomain ?? domain,
  network: network ?? name,
  meshDomain: meshDomain ?? defaultMeshDomain(name),
  ...(domains.length === 0 ? {} : { domains }),
}));

function judgeCount(domains: readonly unknown[]): Complaint[] {
  if (domains.length <= OWNED_DOMAINS_LIMIT) return [];
  const rule = `has ${domains.length} entries, and may have ${OWNED_DOMAINS_LIMIT}`;
  const remedy = "Name domains that hold several of these";
  return [{ path: ["domains"], rule, remedy, withoutValue: true }];
}
