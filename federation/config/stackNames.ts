import type { Draft } from "./sections.ts";
import { cleanText } from "../core/pasted.ts";
import type { Complaint } from "../core/schema.ts";

/**
 * Checks that no two clusters have one stack, and none the stack of this very config.
 * @param section of the clusters in the config.
 * @param noun of one of them: `peer`.
 * @param own this stack's own name.
 */
export function checkStacks<T>(
  draft: Draft<T>,
  section: readonly string[],
  noun: string,
  own: string,
): Complaint[] {
  const names = draft.keysOf(...section);
  const stackOf = (name: string): string | undefined => {
    const written = draft.textAt(...section, name, "stack");
    return written === undefined ? undefined : cleanText(written);
  };
  return names.flatMap((name, index) => {
    const stack = stackOf(name);
    if (stack === undefined) return [];
    const path = [...section, name, "stack"];
    const remedy = `Name the stack of that cluster, or remove the ${noun}`;
    if (stack === own) return [{ path, rule: "is this very stack", remedy }];
    const twin = names.slice(0, index).find((earlier) => stackOf(earlier) === stack);
    return twin === undefined ? [] : [{ path, rule: `is the stack of ${noun} ${twin} too`, remedy }];
  });
}
