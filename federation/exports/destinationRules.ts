import { compare, sortedUnique } from "../core/order.ts";
import { resolveHost } from "../core/serviceHost.ts";
import type { DestinationRuleSpec } from "../traffic/specs.ts";
import { type Created, compareCreated } from "./clusterServices.ts";
import type { LocalMesh } from "./localMesh.ts";

/** A DestinationRule in the cluster. */
export interface FoundDestinationRule extends Created {
  labels: Readonly<Record<string, string>>;
  spec: Pick<DestinationRuleSpec, "host" | "exportTo" | "workloadSelector" | "trafficPolicy">;
}

/** DestinationRules of one host in one namespace that Istio merges to one. */
interface MergedRules {
  exportTo: ReadonlySet<string>;
  /** In the order of their precedence; the first with a traffic policy decides. */
  rules: FoundDestinationRule[];
}

/** DestinationRules that apply to the calls of a namespace to a host. */
export interface ApplicableRules {
  /** Those with a workload selector, for the workloads that it selects. */
  selecting: readonly FoundDestinationRule[];
  /** Merged rules for all other workloads, those that apply last; empty where none applies to them. */
  general: readonly (readonly FoundDestinationRule[])[];
}

/** Finds the DestinationRules for calls from a namespace to a host that is registered in another one. */
export type DestinationRuleFinder = (
  client: string,
  service: { namespace: string; host: string },
) => ApplicableRules;

/** Finds DestinationRules, and the hosts that they may apply to. */
export interface DestinationRules {
  find: DestinationRuleFinder;
  /** Namespaces with rules of their own, or that rules are exported to by name: to all others the same rules apply. */
  clients: readonly string[];
}

/** Settings of a mesh that decide which DestinationRules apply. */
export interface RuleSettings extends Pick<LocalMesh, "rootNamespace" | "destinationRuleExportTo"> {
  /** Cluster domain. */
  domain: string;
}

const NONE: ApplicableRules = { selecting: [], general: [] };

/**
 * Indexes DestinationRules as Istio does (`setDestinationRules` and `destinationRule` in pilot/pkg/model/push_context.go, the same in 1.26
 * to 1.31). Rules of the client's namespace come first, then those that the service's namespace exports, then those that Istio's root namespace
 * exports; of each namespace those of the most specific host that matches, and no others: visibility is checked after that. In the root namespace
 * clients have only its private rules first.
 */
export function indexDestinationRules(
  rules: readonly FoundDestinationRule[],
  { domain, rootNamespace, destinationRuleExportTo: usual }: RuleSettings,
): DestinationRules {
  const local = new Map<string, HostIndex>();
  const exported = new Map<string, HostIndex>();
  const privateInRoot = new HostIndex();
  for (const rule of [...rules].sort(compareRules)) {
    const { namespace } = rule;
    const host = ruleHost(rule, domain);
    const exportTo = exportToOf(rule);
    const isOwn = exportTo.size === 0 || ["*", ".", namespace].some((entry) => exportTo.has(entry));
    if (isOwn) indexOf(local, namespace).add(host, rule, exportTo);
    const [only = "", ...others] = exportTo;
    const isPrivate =
      exportTo.size === 0 ? usual.includes(".") : others.length === 0 && (only === "." || only === namespace);
    if (!isPrivate) indexOf(exported, namespace).add(host, rule, exportTo);
    else if (namespace === rootNamespace) privateInRoot.add(host, rule, exportTo);
  }
  const find: DestinationRuleFinder = (client, { namespace, host }) => {
    const own = client === rootNamespace ? privateInRoot : local.get(client);
    const found = own?.find(host);
    if (found !== undefined) return applicable(found);
    for (const place of [namespace, rootNamespace]) {
      const seen = (exported.get(place)?.find(host) ?? []).filter(({ exportTo }) => isSeen(exportTo, client));
      if (seen.length > 0) return applicable(seen);
    }
    return NONE;
  };
  const named = rules.flatMap(({ spec: { exportTo = [] } }) =>
    exportTo.filter((entry) => !/^[*.~]$/.test(entry)),
  );
  return { find, clients: sortedUnique([...local.keys(), ...named]) };
}

/** Returns the rule of merged ones that has the traffic policy; undefined without one. */
export function decidingRule(merged: readonly FoundDestinationRule[]): FoundDestinationRule | undefined {
  return merged.find(({ spec }) => spec.trafficPolicy !== undefined);
}

function applicable(found: readonly MergedRules[]): ApplicableRules {
  const isSelecting = ({ rules: [first] }: MergedRules): boolean => first !== undefined && isSelective(first);
  return {
    selecting: found.filter(isSelecting).flatMap(({ rules }) => decidingRule(rules) ?? rules.slice(0, 1)),
    general: found.filter((merged) => !isSelecting(merged)).map(({ rules }) => rules),
  };
}

function isSeen(exportTo: ReadonlySet<string>, client: string): boolean {
  return exportTo.size === 0 || exportTo.has("*") || exportTo.has(client);
}

function isSelective({ spec }: FoundDestinationRule): boolean {
  return spec.workloadSelector !== undefined;
}

/** Sorts rules with a selector first, then the oldest. */
function compareRules(one: FoundDestinationRule, other: FoundDestinationRule): number {
  return Number(isSelective(other)) - Number(isSelective(one)) || compareCreated(one, other);
}

/** A rule with a selector is for its own namespace, whatever its `exportTo` says. */
function exportToOf(rule: FoundDestinationRule): ReadonlySet<string> {
  return new Set(isSelective(rule) ? ["."] : rule.spec.exportTo);
}

/** Returns the full host of a rule. */
export function ruleHost({ namespace, spec: { host = "" } }: FoundDestinationRule, domain: string): string {
  return resolveHost(host, namespace, domain);
}

function indexOf(all: Map<string, HostIndex>, namespace: string): HostIndex {
  const index = all.get(namespace) ?? new HostIndex();
  all.set(namespace, index);
  return index;
}

/** Rules of one namespace by host. */
class HostIndex {
  readonly #complete = new Map<string, MergedRules[]>();
  readonly #wildcards = new Map<string, MergedRules[]>();
  /** Ends of the wildcards, the most specific first; undefined after a change. */
  #ends: string[] | undefined;

  add(host: string, rule: FoundDestinationRule, exportTo: ReadonlySet<string>): void {
    const map = host.startsWith("*") ? this.#wildcards : this.#complete;
    const merged = map.get(host) ?? [];
    map.set(host, merged);
    this.#ends = undefined;
    merge(merged, rule, exportTo);
  }

  /** Finds the rules of the most specific host (`MostSpecificHostMatch`); undefined where none matches. */
  find(host: string): readonly MergedRules[] | undefined {
    const exact = this.#complete.get(host);
    if (exact !== undefined) return exact;
    this.#ends ??= [...this.#wildcards.keys()]
      .sort((one, other) => other.length - one.length || compare(one, other))
      .map((wildcard) => wildcard.slice(1));
    const end = this.#ends.find((each) => host.endsWith(each));
    return end === undefined ? undefined : this.#wildcards.get(`*${end}`);
  }
}

/** Adds a rule to those of its host in its namespace (`mergeDestinationRule` in pilot/pkg/model/destination_rule.go). */
function merge(all: MergedRules[], rule: FoundDestinationRule, exportTo: ReadonlySet<string>): void {
  let isSeparate = true;
  for (const { exportTo: existing, rules } of all) {
    const [first] = rules;
    if (first === undefined) continue;
    const isEqual = exportTo.size === existing.size && contains(exportTo, existing);
    isSeparate = !isEqual;
    if (!isEqual && (existing.size === 0 || !contains(exportTo, existing))) continue;
    const selectors = [rule, first].map(({ spec }) => spec.workloadSelector?.matchLabels);
    const isSame = isEqualMap(selectors[0] ?? {}, selectors[1] ?? {});
    if (isSelective(rule) && isSelective(first) && !isSame) {
      isSeparate = true;
      continue;
    }
    if (isSelective(rule) === isSelective(first)) isSeparate = false;
    rules.push(rule);
  }
  if (isSeparate) all.push({ exportTo, rules: [rule] });
}

function contains(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return [...other].every((entry) => one.has(entry));
}

function isEqualMap(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const entries = Object.entries(one);
  return (
    entries.length === Object.keys(other).length && entries.every(([key, value]) => other[key] === value)
  );
}
