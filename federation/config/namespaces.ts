import { type Fault, pathOf } from "../core/fault.ts";
import { suggestion } from "../core/schema.ts";

/** Namespace of this program's config keys: the project's name in Pulumi.yaml. */
export const CONFIG_NAMESPACE = "istio-federation";

/**
 * Finds config keys whose namespace is a misspelling of ours: Pulumi hands them to nobody, and what they set would be missing in silence.
 * @param keys of the whole stack, e.g. `istio-federation:exports`, `aws:region`.
 */
export function checkNamespaces(keys: readonly string[]): Fault[] {
  return keys.flatMap((key): Fault[] => {
    const [namespace = "", ...rest] = key.split(":");
    if (
      namespace === CONFIG_NAMESPACE ||
      rest.length === 0 ||
      suggestion(namespace, [CONFIG_NAMESPACE]) === undefined
    )
      return [];
    const path = /^[\w.:-]{1,100}$/.test(key) ? key : pathOf(key);
    const rule = `is in namespace '${namespace}', which nobody reads`;
    return [
      { path, rule, remedy: `Write '${CONFIG_NAMESPACE}:${rest.join(":")}', if that is what you mean` },
    ];
  });
}
