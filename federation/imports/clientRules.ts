import type { Fault } from "../core/fault.ts";
import { ownerOf } from "../core/hostConflict.ts";
import { compare, ownValue, sortedUnique } from "../core/order.ts";
import { count, firstNames } from "../core/text.ts";
import { IMPORT_NAMESPACE } from "../core/wellKnown.ts";
import {
  type ApplicableRules,
  type FoundDestinationRule,
  type RuleSettings,
  decidingRule,
  indexDestinationRules,
  ruleHost,
} from "../exports/destinationRules.ts";
import type { PlanContext } from "../plan.ts";
import { optional } from "../snapshot.ts";
import { type CallProblem, callProblems } from "./callProblems.ts";
import { hasDestinationRule, renderDestinationRule } from "./destinationRule.ts";
import { type Import, visibleTo } from "./import.ts";
import type { Registration } from "./registration.ts";

/** An import, and the namespaces that call it. */
interface CalledImport {
  host: string;
  service: Import;
  /** `*` for all. */
  clients: readonly string[];
}

/** Stands for the namespaces that no rule names: no namespace has such a name. */
const ANY_NAMESPACE = "*";

/** A problem of a foreign rule, with the hosts and namespaces that have it. */
interface RuleProblem extends CallProblem, Pick<ForeignPolicy, "by" | "workloads"> {
  hosts: Set<string>;
  clients: Set<string>;
}

/**
 * Compares imports with the DestinationRules of others: Istio does not merge rules of several namespaces, so one of a caller's namespace
 * replaces ours, and one of Istio's root namespace applies where we need none. A rule that makes calls of all namespaces fail is a fault; one of a
 * caller's own namespace a warning, as the team there has to change it together with the import.
 */
export function checkClientRules(
  { config, snapshot, findings }: PlanContext,
  peers: Readonly<Record<string, Registration>>,
  mesh: Omit<RuleSettings, "domain">,
): void {
  const imports = Object.values(peers).flatMap(({ peer, services }) => {
    const usual = ownValue(config.peers, peer)?.exportTo ?? [ANY_NAMESPACE];
    return Object.entries(services).map(([host, service]): CalledImport & { peer: string } => {
      const clients = visibleTo(service, usual).map((name) => (name === "." ? IMPORT_NAMESPACE : name));
      return { peer, host, service, clients };
    });
  });
  if (imports.length === 0) return;
  const foreign = optional(
    snapshot.cluster.destinationRules,
    [],
    "DestinationRules of others change calls to imported services",
    findings,
  );
  if (foreign.length === 0) return;
  const ours = imports.flatMap(({ peer, host, service, clients }): FoundDestinationRule[] => {
    if (!hasDestinationRule(service)) return [];
    const { spec } = renderDestinationRule({
      ...{ host, service, peer, namespace: IMPORT_NAMESPACE },
      exportTo: clients,
    });
    return [{ namespace: IMPORT_NAMESPACE, name: host, created: LATEST, labels: {}, spec }];
  });
  const { faults, warnings } = clientRuleFindings(imports, foreign, ours, {
    ...mesh,
    domain: config.cluster.domain,
  });
  findings.fault(...faults);
  findings.warnOf(warnings, "DestinationRules of others for imported services");
}

/** After all times: a rule of the same namespace and host that is there already is older. */
const LATEST = "9999";

/** @param ours DestinationRules of the imports. */
export function clientRuleFindings(
  imports: readonly CalledImport[],
  foreign: readonly FoundDestinationRule[],
  ours: readonly FoundDestinationRule[],
  settings: RuleSettings,
): { faults: Fault[]; warnings: Fault[] } {
  const hosts = new Set(imports.map(({ host }) => host));
  const concerned = foreign.filter((rule) => isAmong(ruleHost(rule, settings.domain), hosts));
  const { find, clients } = indexDestinationRules([...concerned, ...ours], settings);
  const isOurs = new Set(ours);
  const problems = new Map<string, RuleProblem>();
  for (const { host, service, clients: named } of imports) {
    const callers = named.includes(ANY_NAMESPACE) ? [ANY_NAMESPACE, ...clients] : named;
    for (const client of callers)
      for (const { by, workloads, policy } of foreignPolicies(
        find(client, { namespace: IMPORT_NAMESPACE, host }),
        isOurs,
      ))
        for (const problem of callProblems(host, service, policy)) {
          const key = JSON.stringify([by.namespace, by.name, workloads, problem.rule]);
          const known = problems.get(key) ?? {
            ...problem,
            ...{ by, workloads, hosts: new Set(), clients: new Set() },
          };
          problems.set(key, known);
          known.hosts.add(host);
          known.clients.add(client);
        }
  }
  const all = [...problems.values()].sort(
    (one, other) => compare(one.by.namespace, other.by.namespace) || compare(one.by.name, other.by.name),
  );
  return {
    faults: all.filter((problem) => isFault(problem, settings)).map(toFault),
    warnings: all.filter((problem) => !isFault(problem, settings)).map(toFault),
  };
}

/** Whether a rule's host is one of these, or a wildcard that matches one: most rules are for other hosts. */
function isAmong(host: string, hosts: ReadonlySet<string>): boolean {
  return host.startsWith("*") ? [...hosts].some((each) => each.endsWith(host.slice(1))) : hosts.has(host);
}

/** A policy that applies instead of ours, and the rule to change. */
interface ForeignPolicy {
  by: FoundDestinationRule;
  /** Workloads of the namespace that it applies to. */
  workloads: "all" | "selected" | "others";
  policy: FoundDestinationRule["spec"]["trafficPolicy"];
}

/** Returns the policies of others that decide how a namespace calls an import. */
function foreignPolicies(
  { selecting, general }: ApplicableRules,
  isOurs: ReadonlySet<FoundDestinationRule>,
): ForeignPolicy[] {
  const found = selecting.map((by): ForeignPolicy => {
    return { by, workloads: "selected", policy: by.spec.trafficPolicy };
  });
  const [first] = selecting;
  // Workloads that no rule selects have no rule at all, ours neither.
  if (general.length === 0)
    return first === undefined ? [] : [...found, { by: first, workloads: "others", policy: undefined }];
  const last = general.at(-1) ?? [];
  // Beside ours in one namespace the order depends on ages and lists of namespaces: any of them may come to decide.
  const candidates = general.some((merged) => merged.some((rule) => isOurs.has(rule))) ? general : [last];
  for (const merged of candidates) {
    const decides = decidingRule(merged);
    const [only] = merged;
    if (decides !== undefined && !isOurs.has(decides))
      found.push({ by: decides, workloads: "all", policy: decides.spec.trafficPolicy });
    else if (decides === undefined && only !== undefined)
      found.push({ by: only, workloads: "all", policy: undefined });
  }
  return found;
}

function isFault(
  { isFatal, by: { namespace }, clients }: RuleProblem,
  { rootNamespace }: Pick<RuleSettings, "rootNamespace">,
): boolean {
  if (!isFatal) return false;
  return namespace === IMPORT_NAMESPACE || (namespace === rootNamespace && hasOthers(clients, namespace));
}

function hasOthers(clients: ReadonlySet<string>, namespace: string): boolean {
  return [...clients].some((client) => client !== namespace);
}

function toFault({ by, workloads, hosts, clients, rule, remedy }: RuleProblem): Fault {
  const { namespace, name, labels } = by;
  const where = clients.has(ANY_NAMESPACE)
    ? "all namespaces without a rule of their own"
    : `namespace(s) ${firstNames(sortedUnique(clients))}`;
  const which = `${count(hosts.size)} imported service(s) (${firstNames(sortedUnique(hosts))})`;
  const what =
    workloads === "others"
      ? `leaves the workloads of ${where} that it does not select without the program's rule for ${which}`
      : `decides${workloads === "selected" ? " for the workloads that it selects" : ""} how ${where} call(s) ${which}`;
  return {
    path: `DestinationRule ${namespace}/${name}`,
    rule: `${what}, ${ownerOf({ labels })}, and ${rule}`,
    remedy: `${remedy}${workloads === "others" ? " in a rule without workloadSelector" : ""} (docs/imports.md, "DestinationRules of callers")`,
  };
}
