import { refuseHostName } from "./address.ts";
import { HOST_NAME, isBelow, parentDomains } from "./names.ts";
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
 * Why no service of a peer may have this name here; undefined when one may.
 * @param ownDomains our cluster domain, and others that are ours.
 * @param ownerOf another peer in whose domain names may not be given: `peer c`; undefined for a domain of none.
 */
export function refuseExtraName(
  name: string,
  ownDomains: readonly string[],
  ownerOf: (domain: string) => string | undefined,
): string | undefined {
  if (!HOST_NAME.test(name)) return HOST_NAME.rule;
  const own = ownDomains.find((domain) => name === domain || isBelow(name, domain));
  if (own !== undefined) return `is a name of this cluster's own domain '${own}'`;
  const taken = [name, ...parentDomains(name)].find((domain) => ownerOf(domain) !== undefined);
  if (taken !== undefined) return `is a name of '${taken}', the domain of ${ownerOf(taken)}`;
  return refuseHostName(name);
}
