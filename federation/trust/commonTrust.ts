import type { AuthorityPlan } from "../authority/authority.ts";
import type { StackConfig } from "../config/stackConfig.ts";
import type { Contract } from "../contract/contract.ts";
import type { Fault } from "../core/fault.ts";
import { compare, sortedUnique } from "../core/order.ts";
import { type Topology, TRAITS } from "../core/topology.ts";

/** Roots from outside that peers may have too, PEM; unknown while the authority that has them could not be planned. */
export type OutsideRoots = readonly string[] | "unknown";

/** @param authority undefined when it could not be planned. */
export function outsideRoots(
  { certificateAuthority }: Pick<StackConfig, "certificateAuthority">,
  authority: Pick<AuthorityPlan, "roots"> | undefined,
): OutsideRoots {
  return authority?.roots ?? (certificateAuthority.source === "own" ? [] : "unknown");
}

/** Of whom the notes are: this stack's own cluster. */
const SELF = "this cluster";

/** As which domain Istio reads its default in a policy: as that of the cluster where the policy is. */
const LOCAL_TRUST_DOMAIN = "cluster.local";

/**
 * Says what differs where clusters have one trust domain, be they us and a peer or two peers: a trust anchor, and what a shared root signs,
 * is constrained to a trust domain, and there tells nobody apart.
 * @param trustDomains by the cluster's name.
 * @param own this cluster's; left out by whoever is none, the stack of a root.
 * @returns a sentence for each trust domain of several clusters, in order.
 */
export function noteCommonTrust(trustDomains: Readonly<Record<string, string>>, own?: string): string[] {
  const clusters = Object.entries(trustDomains).sort(([one], [other]) => compare(one, other));
  return sortedUnique([...Object.values(trustDomains), ...(own === undefined ? [] : [own])]).flatMap(
    (domain) => {
      const equals = clusters.flatMap(([name, trustDomain]) => (trustDomain === domain ? [name] : []));
      const all = domain === own ? [SELF, ...equals] : equals;
      if (all.length < 2) return [];
      return [
        `trust domain ${domain} is that of ${all.join(", ")}: each of these clusters' certificate authorities can speak for ` +
          "every identity of it, and no trust anchor can constrain equals (docs/topologies.md)",
      ];
    },
  );
}

/**
 * Says which peers no policy here can name, as their trust domain is Istio's word for one's own.
 * @param trusted peers and their trust domains.
 */
export function noteUnnamedTrust(
  { cluster: { trustDomain } }: Pick<StackConfig, "cluster">,
  trusted: readonly (readonly [peer: string, trustDomain: string])[],
): string[] {
  if (trustDomain === LOCAL_TRUST_DOMAIN) return [];
  return trusted
    .filter(([, domain]) => domain === LOCAL_TRUST_DOMAIN)
    .map(
      ([peer]) =>
        `the trust domain of ${peer} is ${LOCAL_TRUST_DOMAIN}, by which an AuthorizationPolicy here means ${trustDomain}, this cluster's own: ` +
        `'${LOCAL_TRUST_DOMAIN}/ns/foo/sa/bar' lets in our bar and not that of ${peer}, which no policy can name by a whole principal (docs/cluster-local.md)`,
    );
}
/**
 * A cluster and its peers are connected in one and the same way, and have a root in common where that is what connects them.
 * @param ownRoots PEM, those that peers may have too.
 */
export function judgePeerTopology(
  { topology = "federation", rootCertificates }: Contract,
  own: Topology,
  ownRoots: OutsideRoots = [],
): Fault[] {
  if (topology === own) return TRAITS[own].oneRoot ? judgeRoot(rootCertificates, ownRoots) : [];
  const rule = `is not '${own}', which is that of this cluster: they would call each other's services by different names, and trust each other differently`;
  const remedy = "Write the same topology into the config of both stacks, or remove the peer";
  return [{ path: "topology", value: topology, rule, remedy }];
}

function judgeRoot(rootCertificates: readonly string[], ownRoots: OutsideRoots): Fault[] {
  if (ownRoots === "unknown" || rootCertificates.some((pem) => ownRoots.includes(pem))) return [];
  const rule = "have none in common with this cluster, and in this topology all clusters are under one root";
  return [{ path: "rootCertificates", rule, remedy: "Have both clusters certified under the same root" }];
}
