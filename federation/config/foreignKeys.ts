import { isGiven } from "./sections.ts";
import { CONFIG_KEYS } from "./stackConfig.ts";
import type { Fault } from "../core/fault.ts";
import { unknownField } from "../core/schema.ts";

/** Keys of stacks that hold no cluster, and what such a stack is. */
const OTHER_KINDS = { rootAuthority: "a shared root's", contractOf: "a contract" } as const;

/** Finds the keys in the config of a stack without a cluster that are for another kind of stack, or unknown. */
export function foreignKeys(raw: Readonly<Record<string, unknown>>, own: keyof typeof OTHER_KINDS): Fault[] {
  const known = new Map<string, string>([
    ...CONFIG_KEYS.map((key) => [key, "a cluster's"] as const),
    ...Object.entries(OTHER_KINDS),
  ]);
  return (
    Object.keys(raw)
      .filter((key) => key !== own && isGiven(raw[key]) && raw[key] !== "")
      .filter((key) => own !== "contractOf" || key !== "notify")
      // The project's default, which every stack has.
      .filter((key) => key !== "topology" || raw[key] !== "federation")
      .map((key): Fault => {
        const kind = known.get(key);
        if (kind === undefined) return unknownField([key], key, [own]);
        const rule = `is for ${kind} stack, and '${own}' for ${OTHER_KINDS[own]}: a stack is either`;
        return { path: key, rule, remedy: "Keep the one or the other in this stack, and make another stack" };
      })
  );
}
