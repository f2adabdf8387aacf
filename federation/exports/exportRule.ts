import type { ExportRule } from "../config/exports.ts";
import { isEmpty, matches } from "../core/labels.ts";
import { isName, matchesAny } from "../core/names.ts";
import { ownValue } from "../core/order.ts";
import type { KubernetesService, ClusterServices } from "./clusterServices.ts";

/** What the gateway can do with calls. */
export const GATEWAY_MODES = ["passthrough", "terminating"] as const;

/** Stands for a faulty rule of the config, so that the others keep their places: it matches no Service, without a warning. */
export const FAULTY_RULE: ExportRule = { services: [] };

/** Whether the gateway opens calls of what a rule exports. */
export function isTerminating({ gateway }: { gateway?: ExportRule["gateway"] | undefined }): boolean {
  return gateway === "terminating";
}

/**
 * Whether a rule means this Service.
 * @param namespaceLabels labels of its namespace.
 */
export function selects(
  rule: ExportRule,
  { namespace, name, labels }: KubernetesService,
  namespaceLabels: Readonly<Record<string, string>>,
): boolean {
  return (
    maySelect(rule, namespace, name) &&
    (rule.selector === undefined || matches(rule.selector, labels)) &&
    (rule.namespaceSelector === undefined || matches(rule.namespaceSelector, namespaceLabels))
  );
}

/** Whether a rule means no Service at all, as one of its selectors names no label. */
export function selectsNothing({ selector, namespaceSelector }: ExportRule): boolean {
  return isEmpty(selector) || isEmpty(namespaceSelector);
}

/** Whether a rule can mean a Service of this name, whatever labels there are. */
export function maySelect(rule: ExportRule, namespace: string, name: string): boolean {
  const { namespaces, services, selector } = rule;
  if (selectsNothing(rule) || (services === undefined && selector === undefined)) return false;
  return matchesAny(namespaces, namespace) && matchesAny(services, name);
}

/** Whether names alone tell what a rule means. */
export function goesByNames({ selector, namespaceSelector }: ExportRule): boolean {
  return selector === undefined && namespaceSelector === undefined;
}

/** The Services that a rule names each by itself, as `namespace/name`; undefined for a rule that means any others. */
export function namedServices(rule: ExportRule): string[] | undefined {
  const { namespaces = [], services = [] } = rule;
  const [namespace, ...others] = namespaces;
  if (namespace === undefined || others.length > 0 || services.length === 0) return undefined;
  if (!goesByNames(rule) || ![namespace, ...services].every(isName)) return undefined;
  return services.map((name) => `${namespace}/${name}`);
}

/** Whether a rule keeps anybody from anything, so that policies must hold what it says; so they must where the gateway opens calls. */
export function restricts({ peers, ports, callers, localCallers, gateway }: ExportRule): boolean {
  const limits = [peers, ports, callers, localCallers];
  return isTerminating({ gateway }) || limits.some((limit) => limit !== undefined);
}
/** What tells which Services a rule means: their namespaces' labels. */
type Namespaces = ClusterServices["namespaces"];

/**
 * Finds the place of the first rule that means a Service. Rules that name their Services are looked up, so that ten thousand of them
 * cost no more than one; the others are tried in turn.
 * @returns the place among the rules; undefined where none means it.
 */
export function ruleFinder(
  rules: readonly ExportRule[],
  namespaces: Namespaces,
): (service: KubernetesService) => number | undefined {
  const { named, others } = splitRules(rules);
  return (service) => {
    const byName = named.get(keyOf(service));
    const labels = labelsOf(namespaces, service);
    for (const [index, rule] of others) {
      if (byName !== undefined && byName < index) return byName;
      if (selects(rule, service, labels)) return index;
    }
    return byName;
  };
}

/** Rules by how they are found: the first place of each Service that any names by itself, and the other rules with their places. */
export interface SplitRules {
  /** By `namespace/name`. */
  named: ReadonlyMap<string, number>;
  others: readonly (readonly [number, ExportRule])[];
}

/** Splits rules, each of which is found in one of the two ways. */
export function splitRules(rules: readonly ExportRule[]): SplitRules {
  const named = new Map<string, number>();
  const others: [number, ExportRule][] = [];
  for (const [index, rule] of rules.entries()) {
    const names = namedServices(rule);
    if (names === undefined) others.push([index, rule]);
    for (const name of names ?? []) if (!named.has(name)) named.set(name, index);
  }
  return { named, others };
}

/** Finds all Services that a rule means, whatever others say of them. */
export function serviceFinder(
  services: readonly KubernetesService[],
  namespaces: Namespaces,
): (rule: ExportRule) => KubernetesService[] {
  const byName = new Map(services.map((service) => [keyOf(service), service]));
  return (rule) =>
    namedServices(rule)?.flatMap((name) => byName.get(name) ?? []) ??
    services.filter((service) => selects(rule, service, labelsOf(namespaces, service)));
}

/** `namespace/name`. */
export function keyOf({ namespace, name }: Pick<KubernetesService, "namespace" | "name">): string {
  return `${namespace}/${name}`;
}

/** The labels of a Service's namespace. */
export function labelsOf(namespaces: Namespaces, { namespace }: KubernetesService): Record<string, string> {
  return ownValue(namespaces, namespace) ?? {};
}
