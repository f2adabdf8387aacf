import type { AuthorityPlan } from "../authority/authority.ts";
import type { StackConfig } from "../config/stackConfig.ts";
import type { Contract } from "../contract/contract.ts";
import type { Fault } from "../core/fault.ts";
import { compareKeys, sortedUnique } from "../core/order.ts";
import { type Topology, TRAITS } from "../core/topology.ts";
import type { PlanContext } from "../plan.ts";

/** Roots from outside that peers may have too, PEM; unknown while the authority that has them could not be planned. */
export type OutsideRoots = readonly string[] | "unknown";

/** @param authority undefined when it could not be planned. */
export function outsideRoots(
  { config, skipped }: Pick<PlanContext, "config" | "skipped">,
  authority: Pick<AuthorityPlan, "roots"> | undefined,
): OutsideRoots {
  const isOwn = config.certificateAuthority.source === "own" && !skipped.includes("certificateAuthority");
  return authority?.roots ?? (isOwn ? [] : "unknown");
}

/** This stack's own cluster, which the notes are about. */
const SELF = "this cluster";

/** Istio's default trust domain. In a policy it means the trust domain of the cluster that has the policy. */
const LOCAL_TRUST_DOMAIN = "cluster.local";

/**
 * Notes each trust domain that several clusters share. Trust anchors and intermediates are constrained to a trust domain, so these clusters
 * can be each other.
 * @param trustDomains by cluster name.
 * @param own this stack's cluster; undefined for the stack of a root.
 * @returns a sentence for each shared trust domain, in order.
 */
export function commonTrustNotes(trustDomains: Readonly<Record<string, string>>, own?: string): string[] {
  const clusters = Object.entries(trustDomains).sort(compareKeys);
  return sortedUnique([...Object.values(trustDomains), ...(own === undefined ? [] : [own])]).flatMap(
    (domain) => {
      const equals = clusters.flatMap(([name, trustDomain]) => (trustDomain === domain ? [name] : []));
      const all = domain === own ? [SELF, ...equals] : equals;
      if (all.length < 2) return [];
      return [
        `trust domain ${domain} is that of ${all.join(", ")}: each of these clusters' certificate authorities can issue certificates for ` +
          "every identity of it, and no trust anchor can constrain them (docs/topologies.md)",
      ];
    },
  );
}

/**
 * Notes the peers that no policy here can name: their trust domain is Istio's default, which means our own there.
 * @param trusted peers and their trust domains.
 */
export function unnamedTrustNotes(
  { cluster: { trustDomain } }: Pick<StackConfig, "cluster">,
  trusted: readonly (readonly [peer: string, trustDomain: string])[],
): string[] {
  if (trustDomain === LOCAL_TRUST_DOMAIN) return [];
  return trusted
    .filter(([, domain]) => domain === LOCAL_TRUST_DOMAIN)
    .map(
      ([peer]) =>
        `the trust domain of ${peer} is ${LOCAL_TRUST_DOMAIN}, which AuthorizationPolicies here take for ${trustDomain}, this cluster's own: ` +
        `'${LOCAL_TRUST_DOMAIN}/ns/foo/sa/bar' allows our bar and not the one of ${peer}, which no policy can match by a full principal (docs/cluster-local.md)`,
    );
}
/**
 * Validates that a peer has our topology, and our root where the topology needs one root.
 * @param ownRoots our own roots that peers may share, PEM.
 */
export function validatePeerTopology(
  { topology, rootCertificates }: Contract,
  own: Topology,
  ownRoots: OutsideRoots = [],
): Fault[] {
  if (topology === own) return TRAITS[own].oneRoot ? validateCommonRoot(rootCertificates, ownRoots) : [];
  const rule = `is not '${own}', the topology of this cluster: host names and trust would not match`;
  const remedy = "Write the same topology into the config of both stacks, or remove the peer";
  return [{ path: "topology", value: topology, rule, remedy }];
}

function validateCommonRoot(rootCertificates: readonly string[], ownRoots: OutsideRoots): Fault[] {
  if (ownRoots === "unknown" || rootCertificates.some((pem) => ownRoots.includes(pem))) return [];
  const rule = "have none in common with this cluster, and in this topology all clusters are under one root";
  return [{ path: "rootCertificates", rule, remedy: "Have both clusters certified under the same root" }];
}
