import { count } from "./change.ts";

/** How many entries of a list a message shows. */
export const SHOWN_ENTRIES = 20;

/**
 * The lines of a message about a list of any length: the first entries in their order, then how many more there are.
 * @param describe called only for the entries that are shown.
 * @param rest the last line, when there are more than `shown`.
 */
export function boundedLines<T>(
  entries: readonly T[],
  describe: (entry: T) => string,
  rest: (more: number) => string = (more) => `and ${count(more)} more`,
  shown: number = SHOWN_ENTRIES,
): string[] {
  const lines = entries.slice(0, shown).map((entry) => describe(entry));
  return entries.length > shown ? [...lines, rest(entries.length - shown)] : lines;
}
