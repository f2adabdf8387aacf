import { DNS_LABEL } from "./hostname.ts";
import type { TextRule } from "./textRule.ts";

/** Name of a namespace or a Service, in which each `*` stands for any characters, or none. */
export const NAME_PATTERN: TextRule = {
  test: (text) => text.length <= PATTERN_LIMIT && DNS_LABEL.test(text.replace(/\*+/g, "a")),
  rule: "must be a DNS-1123 label (lower-case letters, digits and '-', a letter or digit at both ends, at most 63 characters), maybe with '*' for any part of it",
  remedy: "Write such a name, or a part of one with '*'",
};

/** More than a DNS label, as many `*` may stand for nothing. */
const PATTERN_LIMIT = 100;

/** Whether a text is what a pattern says: `*` stands for any characters or none, everything else for itself. */
export function matchesPattern(pattern: string, text: string): boolean {
  const [head = "", ...rest] = pattern.split("*");
  const tail = rest.pop();
  if (tail === undefined) return text === pattern;
  if (!text.startsWith(head) || text.length < head.length + tail.length || !text.endsWith(tail)) return false;
  // The first place of each part is as good as any: a regular expression would try them all.
  const end = text.length - tail.length;
  let from = head.length;
  for (const part of rest) {
    const found = text.indexOf(part, from);
    if (found < 0 || found + part.length > end) return false;
    from = found + part.length;
  }
  return true;
}

/** Whether any pattern means a text; no list at all means every text. */
export function matchesAny(patterns: readonly string[] | undefined, text: string): boolean {
  return patterns === undefined || patterns.some((pattern) => matchesPattern(pattern, text));
}

/** Whether a pattern means one text only: itself. */
export function isName(pattern: string): boolean {
  return !pattern.includes("*");
}
