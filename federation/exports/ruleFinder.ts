import type { ClusterServices, KubernetesService } from "./clusterServices.ts";
import { type ExportRule, namedServices, selects } from "./exportRule.ts";
import { ownValue } from "../order.ts";

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
