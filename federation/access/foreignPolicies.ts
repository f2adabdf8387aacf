import { mayShare } from "./sharing.ts";
import { count, firstNames } from "../core/change.ts";
import { compare, sortedRecord } from "../core/order.ts";
import { boundedLines } from "../core/text.ts";
import { ISTIO_NAMESPACE } from "../core/wellKnown.ts";

/** An AuthorizationPolicy that is not ours, and is enforced at workloads. */
export interface ForeignPolicy {
  namespace: string;
  name: string;
  action: "ALLOW" | "CUSTOM" | "DENY";
  /** Empty: all workloads of its namespace; in Istio's root namespace those of all namespaces. */
  selector: Record<string, string>;
}

/** An exported Service, as far as policies select its workloads. */
export interface SelectedService {
  namespace: string;
  host: string;
  selector: Readonly<Record<string, string>>;
}

/** What policies of others mean for the calls of peers. */
export interface ForeignJudgement {
  /** Selectors of those that allow some callers and no others, by the host of a Service that has such workloads. */
  allows: Record<string, Record<string, string>[]>;
  /** A sentence for each policy that peers' calls are judged by too. */
  notes: string[];
}

/** Finds which policies of others judge calls of the exported Services. They stay as they are; a preview is to say that they are there. */
export function judgeForeignPolicies(
  policies: readonly ForeignPolicy[],
  services: readonly SelectedService[],
): ForeignJudgement {
  const sorted = [...policies].sort(
    (one, other) => compare(one.namespace, other.namespace) || compare(one.name, other.name),
  );
  const allows = new Map<string, Record<string, string>[]>();
  const judging = sorted.flatMap((policy) => {
    const judged = services.filter((service) => selects(policy, service)).map(({ host }) => host);
    if (judged.length === 0) return [];
    if (policy.action === "ALLOW") {
      for (const host of judged) allows.set(host, [...(allows.get(host) ?? []), policy.selector]);
    }
    return [{ policy, hosts: judged.sort(compare) }];
  });
  return {
    allows: sortedRecord(allows),
    notes: boundedLines(
      judging,
      describe,
      (more) => `and ${count(more)} more policies of others judge peers' calls too`,
    ),
  };
}

function selects({ namespace, selector }: ForeignPolicy, service: SelectedService): boolean {
  if (namespace !== ISTIO_NAMESPACE && namespace !== service.namespace) return false;
  if (Object.keys(selector).length === 0) return Object.keys(service.selector).length > 0;
  return mayShare(service, { namespace: service.namespace, selector });
}

function describe({ policy, hosts }: { policy: ForeignPolicy; hosts: string[] }): string {
  const { namespace, name, action } = policy;
  const services = `${count(hosts.length)} exported service(s) (${firstNames(hosts)})`;
  const whom =
    action === "ALLOW"
      ? "it lets in whom it names, and of peers those whom the export rule's 'callers' name"
      : "it judges peers' calls as it does local ones";
  return `AuthorizationPolicy ${namespace}/${name} (${action}) is at workloads of ${services}: ${whom}`;
}
