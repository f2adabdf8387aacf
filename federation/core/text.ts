import { count } from "./change.ts";

/** Longest part of a value quoted in a message: peers are not to flood our logs. */
const QUOTED_CHARACTERS = 120;

/** Levels of maps and lists that a quotation shows. */
const QUOTED_DEPTH = 4;

/** Entries of a map or a list that a quotation looks at: each takes three characters at least. */
const QUOTED_ENTRIES = 40;

/** Characters in which key material is looked for: many more than are shown. */
const JUDGED_CHARACTERS = 512;

/** As much base64 as there is on a line of a key in PEM, nearly. */
const BASE64_LINE = /[A-Za-z0-9+/]{60,}/g;

/**
 * A value as JSON, cut to a readable length, without characters that a terminal would act on or hide. Takes anything of any size
 * or depth; numbers that JSON cannot say are written as JavaScript does. What may be a private key is not shown.
 */
export function quote(value: unknown): string {
  const text = typeof value === "number" ? String(value) : JSON.stringify(excerpt(value, QUOTED_DEPTH));
  // What was cut in the middle of a pair of UTF-16 code units is no text any more.
  const cut = text.length > QUOTED_CHARACTERS ? `${text.slice(0, QUOTED_CHARACTERS).toWellFormed()}…` : text;
  return cut.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${c.codePointAt(0)?.toString(16)}}`);
}

/** As much of a value as a quotation shows, and a little more so that it is seen to be cut. */
function excerpt(value: unknown, depth: number): unknown {
  if (typeof value === "string") return excerptOfText(value);
  if (typeof value === "boolean" || value === null || Number.isFinite(value)) return value;
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (typeof value !== "object") return typeof value;
  if (depth === 0) return "…";
  if (Array.isArray(value)) return value.slice(0, QUOTED_ENTRIES).map((entry) => excerpt(entry, depth - 1));
  const entries = Object.entries(value).slice(0, QUOTED_ENTRIES);
  return Object.fromEntries(entries.map(([key, entry]) => [excerptOfText(key), excerpt(entry, depth - 1)]));
}

function excerptOfText(text: string): string {
  if (mayBeKey(text.slice(0, JUDGED_CHARACTERS))) return "(not shown: it may be a private key)";
  return text.slice(0, QUOTED_CHARACTERS + 1);
}

/** Whether a key was pasted into the wrong field, it seems: no log is to hold it. Its first line may be missing. */
function mayBeKey(text: string): boolean {
  if (text.includes("PRIVATE KEY-")) return true;
  const lines = text.match(BASE64_LINE) ?? [];
  // Key material has characters of all kinds; a long name or a number has not.
  return lines.some((line) => [/[a-z]/, /[A-Z]/, /\d/].every((kind) => kind.test(line)));
}
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
/** A moment in UTC, to the second: `2026-11-21T10:28:15Z`. */
export function utc(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, "Z");
}
/**
 * Whether a value takes more than about so many characters as JSON: those of its texts and keys, and one for each value. Takes
 * anything of any size or depth, and stops as soon as it knows.
 */
export function isLargerThan(value: unknown, limit: number): boolean {
  let size = 0;
  const pending: unknown[] = [value];
  while (pending.length > 0 && size <= limit) {
    const next = pending.pop();
    size += ownSize(next);
    if (typeof next !== "object" || next === null || size > limit) continue;
    for (const entry of Object.values(next) as unknown[]) {
      if (typeof entry === "object" && entry !== null) pending.push(entry);
      else size += ownSize(entry);
    }
  }
  return size > limit;
}

/** What a value takes without what is in it; of a list one for each entry, which may be as many as there are. */
function ownSize(value: unknown): number {
  if (typeof value === "string") return 1 + value.length;
  if (typeof value !== "object" || value === null) return 1;
  if (Array.isArray(value)) return 1 + value.length;
  return Object.keys(value).reduce((size, key) => size + 1 + key.length, 1);
}
