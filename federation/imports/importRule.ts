import type { ImportRule } from "../config/importRules.ts";
import { matches } from "../core/labels.ts";
import { isBelow, matchesAny } from "../core/names.ts";

/** Stands for a faulty rule of the config, so that the others keep their places: it matches no service, without a warning. */
export const FAULTY_IMPORT_RULE: ImportRule = { host: [] };

/** A service as a peer offers it. */
export interface PeerService {
  /** Full name in the peer's cluster. */
  host: string;
  /** Both left out of what is not called `<name>.<namespace>.svc.<cluster domain>`. */
  name?: string;
  namespace?: string;
  /** As published. */
  labels: Record<string, string>;
}

/** Whether a rule means a service. One without a name and namespace is meant by rules that ask for neither. */
export function matchesRule(rule: ImportRule, { host, name, namespace, labels }: PeerService): boolean {
  return (
    fits(rule.namespace, namespace) &&
    fits(rule.service, name) &&
    matchesAny(rule.host, host) &&
    (rule.selector === undefined || matches(rule.selector, labels))
  );
}

function fits(patterns: readonly string[] | undefined, name: string | undefined): boolean {
  return patterns === undefined || (name !== undefined && matchesAny(patterns, name));
}

/** A peer's service in the words of rules. */
export function toPeerService(
  host: string,
  clusterDomain: string,
  labels: Record<string, string> = {},
): PeerService {
  const domain = `svc.${clusterDomain}`;
  const [name, namespace, ...more] = isBelow(host, domain)
    ? host.slice(0, -domain.length - 1).split(".")
    : [];
  if (name === undefined || namespace === undefined || more.length > 0) return { host, labels };
  return { host, name, namespace, labels };
}
