import { matches } from "../core/labels.ts";
import { isBelow, matchesAny } from "../core/names.ts";
import type { OutlierDetection } from "./outlierDetection.ts";

/** Which of a peer's services a stack imports, and how. What is left out means all services. */
export interface ImportRule {
  /** Patterns of namespaces and names in the peer's cluster, and of full names there: one of each must fit. */
  namespace?: string[];
  service?: string[];
  host?: string[];
  /** Labels that the peer publishes of it; all must be there. */
  selector?: Record<string, string>;
  /** Has them not imported. */
  skip?: true;
  /** Namespaces whose workloads see them, instead of those that the peer's services are seen in. */
  exportTo?: string[];
  /** Further names: each a host name in which `{name}` and `{namespace}` stand for those of the service. */
  as?: string[];
  /** When proxies stop calling a gateway of theirs for a while. */
  outlierDetection?: OutlierDetection;
  /** Of each of the peer's gateways, where several peers serve a name. @default 1 */
  weight?: number;
  /** Where several peers have a name, those with the highest priority serve it. @default 0 */
  priority?: number;
}

/** A service as a peer offers it. */
export interface OfferedService {
  /** Full name in the peer's cluster. */
  host: string;
  /** Both left out of what is not called `<name>.<namespace>.svc.<cluster domain>`. */
  name?: string;
  namespace?: string;
  /** As published. */
  labels: Record<string, string>;
}

/** Whether a rule means a service. One without a name and namespace is meant by rules that ask for neither. */
export function means(rule: ImportRule, { host, name, namespace, labels }: OfferedService): boolean {
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
export function offeredService(
  host: string,
  clusterDomain: string,
  labels: Record<string, string> = {},
): OfferedService {
  const domain = `svc.${clusterDomain}`;
  const [name, namespace, ...more] = isBelow(host, domain)
    ? host.slice(0, -domain.length - 1).split(".")
    : [];
  if (name === undefined || namespace === undefined || more.length > 0) return { host, labels };
  return { host, name, namespace, labels };
}
