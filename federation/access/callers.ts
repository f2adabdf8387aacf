import type { Caller, LocalCaller } from "../config/callers.ts";
import type { CallingMesh, GuardedService } from "./policyTarget.ts";
import type { DomainCallers } from "./rules.ts";
import { sortedUnique } from "../core/order.ts";

/** Whether an entry allows only some requests, which is told apart in HTTP alone. */
export function isLimited({ methods, paths }: LocalCaller): boolean {
  return methods !== undefined || paths !== undefined;
}

/** Whether an earlier entry means everybody whom a later one means, so that the later one never decides. */
export function decidesAllOf(earlier: Caller, later: Caller): boolean {
  if (earlier.peer !== undefined && earlier.peer !== later.peer) return false;
  if (meansAll(earlier)) return true;
  if (meansAll(later)) return false;
  const { namespaces = [], serviceAccounts = [] } = earlier;
  return (
    (later.namespaces ?? []).every((namespace) => namespaces.includes(namespace)) &&
    (later.serviceAccounts ?? []).every(
      (account) => serviceAccounts.includes(account) || namespaces.includes(account.split("/", 1)[0] ?? ""),
    )
  );
}

function meansAll({ namespaces, serviceAccounts }: LocalCaller): boolean {
  return namespaces === undefined && serviceAccounts === undefined;
}
/** Workloads of one trust domain: all of them, those of one namespace, or those of one service account. */
export interface CallerGroup {
  namespace?: string;
  serviceAccount?: string;
}

/** A trust domain as policies in our mesh name it. */
export interface PolicyDomain {
  trustDomain: string;
  /** Whether it is our own. */
  isOwn: boolean;
}

export const EVERYBODY: CallerGroup = {};

/** What Istio takes for our own trust domain, whatever that is called (`ReplaceTrustDomainAliases`), in a principal of five parts. */
const OWN_TRUST_DOMAIN = "cluster.local";

/** The groups that an entry means: namespaces before service accounts. */
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

/** Whether everybody of one group is in another. */
export function holds(group: CallerGroup, { namespace, serviceAccount }: CallerGroup): boolean {
  return (
    (group.namespace === undefined || group.namespace === namespace) &&
    (group.serviceAccount === undefined || group.serviceAccount === serviceAccount)
  );
}

/**
 * How a policy names a group. A service account of another mesh that is called `cluster.local` too has a name that Istio would take for
 * one of ours: it is named without its domain, and {@link needsDomain} says where the rule must name that by itself.
 */
export function principalOf({ namespace, serviceAccount }: CallerGroup, domain: PolicyDomain): string {
  const { trustDomain } = domain;
  if (namespace === undefined) return `${trustDomain}/*`;
  if (serviceAccount === undefined) return `${trustDomain}/ns/${namespace}/*`;
  return `${isMistaken(domain) ? "*" : trustDomain}/ns/${namespace}/sa/${serviceAccount}`;
}

/** Whether a rule that names this group is to say besides that it means this domain only. */
export function needsDomain({ serviceAccount }: CallerGroup, domain: PolicyDomain): boolean {
  return serviceAccount !== undefined && isMistaken(domain);
}

function isMistaken({ trustDomain, isOwn }: PolicyDomain): boolean {
  return trustDomain === OWN_TRUST_DOMAIN && !isOwn;
}
/** The trust domains of peers by which policies tell callers apart, in order: where a peer has ours, its callers are local ones to every policy. */
export function knownDomains({ trustDomain: own, peers }: CallingMesh): PolicyDomain[] {
  const known = Object.values(peers).filter((trustDomain) => trustDomain !== undefined);
  return sortedUnique(known.filter((trustDomain) => trustDomain !== own)).map((trustDomain) => ({
    trustDomain,
    isOwn: false,
  }));
}

/** By trust domain, as several peers may have one. */
export function peerCallers({ peers: offered, rule }: GuardedService, mesh: CallingMesh): DomainCallers[] {
  const named = Object.entries(mesh.peers);
  return knownDomains(mesh).map((domain) => {
    const here = named.filter(
      ([peer, trustDomain]) => trustDomain === domain.trustDomain && offered.includes(peer),
    );
    const entries = (rule.callers ?? [{}]).map((entry) =>
      here.some(([peer]) => entry.peer === undefined || entry.peer === peer) ? entry : undefined,
    );
    return { domain, entries };
  });
}
