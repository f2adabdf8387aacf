import { refuseHostName } from "./address.ts";
import { HOST_NAME, isBelow } from "./names.ts";
import type { TextRule } from "./schema.ts";

/** What stands for a service's name and namespace in the pattern of an extra name. */
const PLACEHOLDER = /\{(name|namespace)\}/g;

/** More than a host name, as placeholders are longer than what they may stand for. */
const PATTERN_LIMIT = 300;

/**
 * A host name, in which `{name}` and `{namespace}` may stand for those of a service. Not in its last label: `{name}.{namespace}` is how
 * local Services are called too.
 */
export const NAME_TEMPLATE: TextRule = {
  test: (text) =>
    text.length <= PATTERN_LIMIT &&
    HOST_NAME.test(text.replaceAll(PLACEHOLDER, "a")) &&
    !/\{[^.]*$/.test(text),
  rule: "must be a DNS name, in which '{name}' and '{namespace}' may stand for those of the service, but not in its last label",
  remedy: "Write such a name, e.g. {name}.{namespace}.global",
};

/**
 * The extra name that a template gives to a service.
 * @returns undefined where it asks for a name and namespace that the service has not.
 */
export function extraName(
  template: string,
  { name, namespace }: { name?: string; namespace?: string },
): string | undefined {
  if (name !== undefined && namespace !== undefined) {
    return template.replaceAll("{name}", name).replaceAll("{namespace}", namespace);
  }
  return template === template.replaceAll(PLACEHOLDER, "") ? template : undefined;
}

/**
 * Why nothing of a peer's may be called so here; undefined when it may.
 * @param ownDomains our cluster domain, and others that are ours.
 * @param others domains in which other peers' services have their names, each with whose it is.
 */
export function refuseExtraName(
  name: string,
  ownDomains: readonly string[],
  others: Readonly<Record<string, string>> = {},
): string | undefined {
  if (!HOST_NAME.test(name)) return HOST_NAME.rule;
  const domainIn = (domains: readonly string[]): string | undefined =>
    domains.find((domain) => name === domain || isBelow(name, domain));
  const own = domainIn(ownDomains);
  if (own !== undefined) return `is a name of this cluster's own domain '${own}'`;
  const taken = domainIn(Object.keys(others));
  if (taken !== undefined) return `is a name of '${taken}', the domain of ${others[taken]}`;
  return refuseHostName(name);
}
