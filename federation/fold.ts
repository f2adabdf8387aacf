import { createHash } from "node:crypto";
import { count } from "./change.ts";

/** So many entries of a map are published in the open: more flood the end of every update, which is what one still reads. */
export const OPEN_ENTRIES = 100;

/**
 * What stands for entries in an output that hides them under a key which starts with `__`: Pulumi keeps such keys from its display
 * (`IsInternalPropertyKey`), and from nothing else. It says how many they are, with a digest that changes when they do.
 * @param what they are: `services`.
 * @param output the stack output that has them.
 */
export function foldedLine(hidden: unknown, size: number, what: string, output: string): string {
  const digest = createHash("sha256").update(JSON.stringify(hidden)).digest("hex").slice(0, 12);
  return `${count(size)} ${what}, sha256 ${digest}; \`pulumi stack output ${output} --json\` shows them`;
}
