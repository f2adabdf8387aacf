import { someOf } from "../change.ts";
import type { KubernetesService } from "../exports/clusterServices.ts";
import { type Fault, pathOf } from "../fault.ts";
import { compare } from "../order.ts";
import { keyOf } from "../exports/ruleFinder.ts";

/** Services that would have one name: nothing tells whose it is, and to choose would let a new Service take another one's callers. */
export interface CommonName {
  /** `namespace/name` of each. */
  keys: ReadonlySet<string>;
  warning: Fault;
}

/** @param named each with the name that its rule gives it, and the place of the rule. */
export function commonNames(
  named: readonly { service: Pick<KubernetesService, "namespace" | "name">; host: string; index: number }[],
): CommonName[] {
  return [...Map.groupBy(named, ({ host }) => host)]
    .filter(([, all]) => all.length > 1)
    .sort(([one], [other]) => compare(one, other))
    .map(([value, all]) => {
      const keys = all.map(({ service }) => keyOf(service)).sort(compare);
      const index = Math.min(...all.map((each) => each.index));
      return {
        keys: new Set(keys),
        warning: {
          path: pathOf("exports", index, "as"),
          value,
          rule: `would be the name of ${keys.length} Services (${someOf(keys)}), so they are all held back`,
          remedy: "Write {name} and {namespace} into it, or have the rule mean one Service",
        },
      };
    });
}
