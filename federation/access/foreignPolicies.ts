import { append, compare, compareNames, sortedRecord } from "../core/order.ts";
import { boundedLines, count, firstNames } from "../core/text.ts";
import type { Offer } from "../exports/offer.ts";
import { mayShareWorkloads } from "./sharedWorkloads.ts";

/** An AuthorizationPolicy of others that is enforced at workloads. */
export interface ForeignPolicy {
  namespace: string;
  name: string;
  action: "ALLOW" | "CUSTOM" | "DENY";
  /** Empty for all workloads of its namespace; in Istio's root namespace for those of all namespaces. */
  selector: Record<string, string>;
}

/** The part of an offer by which policies select its workloads. */
type SelectedOffer = Pick<Offer, "namespace" | "host" | "selector">;

/** Policies of others that apply to calls of peers. */
export interface ForeignPolicyEffects {
  /** Selectors of ALLOW policies, by the host of an exported Service whose workloads they may select. */
  allows: Record<string, Record<string, string>[]>;
  /** A sentence for each policy that applies to peers' calls. */
  notes: string[];
}

/** Finds the policies of others that apply to calls of exported Services. They stay as they are; a preview lists them. */
export function foreignPolicyEffects(
  policies: readonly ForeignPolicy[],
  offers: readonly SelectedOffer[],
  rootNamespace: string,
): ForeignPolicyEffects {
  const allows = new Map<string, Record<string, string>[]>();
  const applying = [...policies].sort(compareNames).flatMap((policy) => {
    const hosts = offers
      .filter((offer) => selectsOffer(policy, offer, rootNamespace))
      .map(({ host }) => host)
      .sort(compare);
    if (hosts.length === 0) return [];
    if (policy.action === "ALLOW") for (const host of hosts) append(allows, host, policy.selector);
    return [{ policy, hosts }];
  });
  return {
    allows: sortedRecord(allows),
    notes: boundedLines(
      applying,
      describe,
      (more) => `and ${count(more)} more policies of others apply to peers' calls too`,
    ),
  };
}

function selectsOffer(
  { namespace, selector }: ForeignPolicy,
  offer: SelectedOffer,
  rootNamespace: string,
): boolean {
  if (namespace !== rootNamespace && namespace !== offer.namespace) return false;
  if (Object.keys(selector).length === 0) return Object.keys(offer.selector).length > 0;
  return mayShareWorkloads(offer, { namespace: offer.namespace, selector });
}

function describe({ policy, hosts }: { policy: ForeignPolicy; hosts: string[] }): string {
  const { namespace, name, action } = policy;
  const services = `${count(hosts.length)} exported service(s) (${firstNames(hosts)})`;
  const effect =
    action === "ALLOW"
      ? "it admits callers that it names, and callers of peers that the export rule's 'callers' name"
      : "it applies to peers' calls as to local ones";
  return `AuthorizationPolicy ${namespace}/${name} (${action}) selects workloads of ${services}: ${effect}`;
}
