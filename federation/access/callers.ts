import type { Caller, LocalCaller } from "../config/callers.ts";
import type { GatewayWorkload } from "../core/gatewayPlace.ts";
import { sortedUnique } from "../core/order.ts";
import type { Offer } from "../exports/offer.ts";

/** Trust domains, and policies of others, that our policies depend on. */
export interface PolicyContext {
  /** Trust domain of this cluster. */
  trustDomain: string;
  gateway: GatewayWorkload;
  /** Istio's root namespace, where a policy applies to workloads of every namespace. */
  rootNamespace: string;
  /** Trust domains of peers, by their names in the config; none for a peer that was never seen and is not trusted yet. */
  peers: Readonly<Record<string, string | undefined>>;
  /** Selectors of ALLOW policies of others that may select workloads of a Service, by its host; `{}` selects all. */
  foreignAllows: Readonly<Record<string, readonly Readonly<Record<string, string>>[]>>;
}

/** Callers of one trust domain. */
export interface DomainCallers {
  domain: PolicyDomain;
  /** Entries of a rule, in order; undefined for one that matches nobody of this domain. */
  entries: readonly (LocalCaller | undefined)[];
}

/** Whether an entry allows some methods or paths only, which needs HTTP. */
export function limitsRequests({ methods, paths }: LocalCaller): boolean {
  return methods !== undefined || paths !== undefined;
}

/** Whether an earlier entry matches every caller of a later one, so that the later one never decides. */
export function coversCaller(earlier: Caller, later: Caller): boolean {
  if (earlier.peer !== undefined && earlier.peer !== later.peer) return false;
  if (matchesEverybody(earlier)) return true;
  if (matchesEverybody(later)) return false;
  const { namespaces = [], serviceAccounts = [] } = earlier;
  return (
    (later.namespaces ?? []).every((namespace) => namespaces.includes(namespace)) &&
    (later.serviceAccounts ?? []).every(
      (account) => serviceAccounts.includes(account) || namespaces.includes(account.split("/", 1)[0] ?? ""),
    )
  );
}

function matchesEverybody({ namespaces, serviceAccounts }: LocalCaller): boolean {
  return namespaces === undefined && serviceAccounts === undefined;
}
/** Workloads of one trust domain: all of them, those of one namespace, or those of one service account. */
export interface CallerGroup {
  namespace?: string;
  serviceAccount?: string;
}

/** A trust domain as policies of this mesh name it. */
export interface PolicyDomain {
  trustDomain: string;
  /** Whether it is this cluster's. */
  isOwn: boolean;
}

export const EVERYBODY: CallerGroup = {};

/** Alias of this cluster's trust domain in a principal of five parts, whatever its name (`ReplaceTrustDomainAliases`). */
const OWN_TRUST_DOMAIN = "cluster.local";

/** The groups that an entry matches: namespaces before service accounts. */
export function groupsOf({ namespaces, serviceAccounts }: LocalCaller): CallerGroup[] {
  if (namespaces === undefined && serviceAccounts === undefined) return [EVERYBODY];
  return [
    ...(namespaces ?? []).map((namespace) => ({ namespace })),
    ...(serviceAccounts ?? []).map((account) => {
      const [namespace = "", serviceAccount = ""] = account.split("/");
      return { namespace, serviceAccount };
    }),
  ];
}

/** Whether a group contains all of another one. */
export function containsGroup(group: CallerGroup, { namespace, serviceAccount }: CallerGroup): boolean {
  return (
    (group.namespace === undefined || group.namespace === namespace) &&
    (group.serviceAccount === undefined || group.serviceAccount === serviceAccount)
  );
}

/**
 * Formats a group as a principal of a policy. A service account of another mesh with trust domain `cluster.local` would be read as one of
 * ours: its principal has no domain, and a condition of the rule names it (see {@link needsDomain}).
 */
export function toPrincipal({ namespace, serviceAccount }: CallerGroup, domain: PolicyDomain): string {
  const { trustDomain } = domain;
  if (namespace === undefined) return `${trustDomain}/*`;
  if (serviceAccount === undefined) return `${trustDomain}/ns/${namespace}/*`;
  return `${isAmbiguous(domain) ? "*" : trustDomain}/ns/${namespace}/sa/${serviceAccount}`;
}

/** Whether a rule with this group needs a condition that restricts it to the domain. */
export function needsDomain({ serviceAccount }: CallerGroup, domain: PolicyDomain): boolean {
  return serviceAccount !== undefined && isAmbiguous(domain);
}

function isAmbiguous({ trustDomain, isOwn }: PolicyDomain): boolean {
  return trustDomain === OWN_TRUST_DOMAIN && !isOwn;
}

/** Known trust domains of peers, sorted. Callers of a peer with this cluster's trust domain are local ones to every policy. */
export function peerDomains({ trustDomain: own, peers }: PolicyContext): PolicyDomain[] {
  const known = Object.values(peers).filter((trustDomain) => trustDomain !== undefined);
  return sortedUnique(known.filter((trustDomain) => trustDomain !== own)).map((trustDomain) => ({
    trustDomain,
    isOwn: false,
  }));
}

/** Callers of peers that a rule matches, by trust domain, as several peers may have one. */
export function peerCallers({ audience, rule }: Offer, context: PolicyContext): DomainCallers[] {
  const named = Object.entries(context.peers);
  return peerDomains(context).map((domain) => {
    const here = named.filter(
      ([peer, trustDomain]) => trustDomain === domain.trustDomain && audience.includes(peer),
    );
    const entries = (rule.callers ?? [{}]).map((entry) =>
      here.some(([peer]) => entry.peer === undefined || entry.peer === peer) ? entry : undefined,
    );
    return { domain, entries };
  });
}
