import type { KubernetesService } from "./clusterServices.ts";
import { matches } from "./selector.ts";

/** Which Services a stack exports: one by name, or all that carry these labels (in one namespace, or in all). */
export type ExportRule =
  { namespace: string; service: string } | { selector: Record<string, string>; namespace?: string };

/** Whether a rule means this Service. */
export function selects(rule: ExportRule, { namespace, name, labels }: KubernetesService): boolean {
  return maySelect(rule, namespace, name) && ("service" in rule || matches(rule.selector, labels));
}

/** Whether a rule can mean a Service of this name, whatever labels that has. */
export function maySelect(rule: ExportRule, namespace: string, name: string): boolean {
  if ("service" in rule) return rule.namespace === namespace && rule.service === name;
  return (rule.namespace ?? namespace) === namespace;
}
