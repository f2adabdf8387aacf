import { type Fault, pathOf } from "../core/fault.ts";

/** Whoever has a stack, as somebody wrote it. */
export interface StackOwner {
  name: string;
  stack?: unknown;
}

/** A map as somebody wrote it; anything else has no entries. */
export function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

/**
 * Two must not have one stack, and nobody the stack of this very config.
 * @param earlier those judged before.
 * @param noun what one of them is called: `peer`.
 * @param section where they are in the config.
 * @param own this stack's own name.
 */
export function judgeStack(
  { name, stack: value }: StackOwner,
  earlier: readonly StackOwner[],
  { noun, section, own }: { noun: string; section: readonly string[]; own: string },
): Fault[] {
  if (typeof value !== "string") return [];
  const path = pathOf(...section, name, "stack");
  const remedy = `Name the stack of that cluster, or remove the ${noun}`;
  if (value === own) return [{ path, value, rule: "is this very stack", remedy }];
  const twin = earlier.find(({ stack }) => stack === value);
  return twin === undefined
    ? []
    : [{ path, value, rule: `is the stack of ${noun} ${twin.name} too`, remedy }];
}
