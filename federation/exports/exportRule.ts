import type { ExportRule } from "../config/exports.ts";
import { isEmpty, matches } from "../core/labels.ts";
import { isName, matchesAny } from "../core/names.ts";
import { ownValue } from "../core/order.ts";
import type { FoundServices, KubernetesService } from "./clusterServices.ts";

/** Values of `gateway` in an export rule. */
export const GATEWAY_MODES = ["passthrough", "terminating"] as const;

/** Placeholder of a faulty rule, so that the other rules keep their places. It matches no Service, without a warning. */
export const FAULTY_RULE: ExportRule = { services: [] };

/** Whether the gateway terminates TLS for Services of a rule. */
export function isTerminating({ gateway }: { gateway?: ExportRule["gateway"] | undefined }): boolean {
  return gateway === "terminating";
}

/**
 * Whether a rule matches a Service.
 * @param namespaceLabels labels of its namespace.
 */
export function matchesService(
  rule: ExportRule,
  { namespace, name, labels }: KubernetesService,
  namespaceLabels: Readonly<Record<string, string>>,
): boolean {
  return (
    mayMatch(rule, namespace, name) &&
    (rule.selector === undefined || matches(rule.selector, labels)) &&
    (rule.namespaceSelector === undefined || matches(rule.namespaceSelector, namespaceLabels))
  );
}

/** Whether a rule matches no Service at all, because a selector is empty. */
export function matchesNothing({ selector, namespaceSelector }: ExportRule): boolean {
  return isEmpty(selector) || isEmpty(namespaceSelector);
}

/** Whether a rule can match a Service of this name, depending on labels. */
export function mayMatch(rule: ExportRule, namespace: string, name: string): boolean {
  const { namespaces, services, selector } = rule;
  if (matchesNothing(rule) || (services === undefined && selector === undefined)) return false;
  return matchesAny(namespaces, namespace) && matchesAny(services, name);
}

/** Whether a rule matches by names alone. */
export function matchesByName({ selector, namespaceSelector }: ExportRule): boolean {
  return selector === undefined && namespaceSelector === undefined;
}

/** The Services that a rule names one by one, as `namespace/name`; undefined for a rule that can match others. */
export function namedServices(rule: ExportRule): string[] | undefined {
  const { namespaces = [], services = [] } = rule;
  const [namespace, ...others] = namespaces;
  if (namespace === undefined || others.length > 0 || services.length === 0) return undefined;
  if (!matchesByName(rule) || ![namespace, ...services].every(isName)) return undefined;
  return services.map((name) => `${namespace}/${name}`);
}

/** Whether policies must enforce a rule: it restricts peers, ports or callers, or the gateway terminates TLS. */
export function needsPolicies({ peers, ports, callers, localCallers, gateway }: ExportRule): boolean {
  const limits = [peers, ports, callers, localCallers];
  return isTerminating({ gateway }) || limits.some((limit) => limit !== undefined);
}
/** Labels of namespaces, by name. */
type Namespaces = FoundServices["namespaces"];

/**
 * Finds the first rule that matches a Service. Rules that name their Services are indexed, so that ten thousand of them cost no more than
 * one; the others are tried in turn.
 * @returns the rule's place; undefined without a match.
 */
export function ruleFinder(
  rules: readonly ExportRule[],
  namespaces: Namespaces,
): (service: KubernetesService) => number | undefined {
  const { named, others } = indexRules(rules);
  return (service) => {
    const byName = named.get(serviceKey(service));
    const labels = labelsOf(namespaces, service);
    for (const [index, rule] of others) {
      if (byName !== undefined && byName < index) return byName;
      if (matchesService(rule, service, labels)) return index;
    }
    return byName;
  };
}

/** Rules by how they are found. */
export interface RuleIndex {
  /** Place of the first rule that names a Service, by `namespace/name`. */
  named: ReadonlyMap<string, number>;
  /** The other rules, with their places. */
  others: readonly (readonly [number, ExportRule])[];
}

/** Indexes the rules that name their Services. */
export function indexRules(rules: readonly ExportRule[]): RuleIndex {
  const named = new Map<string, number>();
  const others: [number, ExportRule][] = [];
  for (const [index, rule] of rules.entries()) {
    const names = namedServices(rule);
    if (names === undefined) others.push([index, rule]);
    for (const name of names ?? []) if (!named.has(name)) named.set(name, index);
  }
  return { named, others };
}

/** Finds all Services that a rule matches, also those that an earlier rule matches. */
export function serviceFinder(
  services: readonly KubernetesService[],
  namespaces: Namespaces,
): (rule: ExportRule) => KubernetesService[] {
  const byName = new Map(services.map((service) => [serviceKey(service), service]));
  return (rule) =>
    namedServices(rule)?.flatMap((name) => byName.get(name) ?? []) ??
    services.filter((service) => matchesService(rule, service, labelsOf(namespaces, service)));
}

/** `namespace/name`. */
export function serviceKey({ namespace, name }: Pick<KubernetesService, "namespace" | "name">): string {
  return `${namespace}/${name}`;
}

/** The labels of a Service's namespace. */
export function labelsOf(namespaces: Namespaces, { namespace }: KubernetesService): Record<string, string> {
  return ownValue(namespaces, namespace) ?? {};
}
