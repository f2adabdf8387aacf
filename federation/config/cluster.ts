import { DNS_LABEL, HOST_NAME, NETWORK } from "../hostname.ts";
import { MESH_DOMAIN, defaultMeshDomain } from "../meshDomain.ts";
import { fields, text } from "../schema.ts";
import { TRUST_DOMAIN } from "../spiffe.ts";

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
}

/** Checks a stack's `cluster` and fills in its defaults. */
export const cluster = fields({
  name: text(DNS_LABEL),
  domain: text(HOST_NAME),
  trustDomain: text(TRUST_DOMAIN).optional(),
  network: text(NETWORK).optional(),
  meshDomain: text(MESH_DOMAIN).optional(),
}).transform(({ name, domain, trustDomain, network, meshDomain }): ClusterConfig => ({
  name,
  domain,
  trustDomain: trustDomain ?? domain,
  network: network ?? name,
  meshDomain: meshDomain ?? defaultMeshDomain(name),
}));
