import type { LocalCaller } from "./callers.ts";

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
