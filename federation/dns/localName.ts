import { type TextRule, pattern } from "../textRule.ts";

/** What stands for a service's name and namespace in its own cluster, and for the peer's name in our config. */
const PLACEHOLDER = /\{(name|namespace|peer)\}/g;

/** More than a Service's name, as placeholders are longer than what they may stand for. */
const TEMPLATE_LIMIT = 120;

/** Name of a Service: Kubernetes' DNS-1035 label, which begins with a letter. */
export const SERVICE_NAME: TextRule = pattern(
  /^[a-z](?:[-a-z0-9]*[a-z0-9])?$/,
  63,
  "must be the name of a Service: lower-case letters, digits and '-', a letter first and no '-' last, at most 63 characters",
  "Choose such a name",
);

/** Name of a Service, in which placeholders may stand for what an imported service is called. */
export const LOCAL_NAME_TEMPLATE: TextRule = {
  test: (text) => text.length <= TEMPLATE_LIMIT && SERVICE_NAME.test(text.replaceAll(PLACEHOLDER, "a")),
  rule: "must be the name of a Service, in which '{name}', '{namespace}' and '{peer}' may stand for those of an imported service",
  remedy: "Write such a name, e.g. {name}-{namespace}-{peer}",
};

/** How local Services are called unless the config says otherwise. */
export const LOCAL_NAME = "{name}-{namespace}-{peer}";

/**
 * The name that a template gives to a service's local Service: not always one that Kubernetes takes, see {@link SERVICE_NAME}.
 * @returns undefined where it asks for a name and namespace that the service has not.
 */
export function localName(
  template: string,
  { name, namespace, peer }: { name?: string; namespace?: string; peer: string },
): string | undefined {
  const known: Readonly<Record<string, string | undefined>> = { name, namespace, peer };
  const asked = [...template.matchAll(PLACEHOLDER)].map(([, word = ""]) => known[word]);
  if (asked.includes(undefined)) return undefined;
  return template.replaceAll(PLACEHOLDER, (_, word: string) => known[word] ?? "");
}
