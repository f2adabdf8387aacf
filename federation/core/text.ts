import type { Change } from "./order.ts";

/** Most characters of a value that a message quotes, so that no peer can flood the log. */
const QUOTED_CHARACTERS = 120;

/** Levels of maps and lists that a quotation includes. */
const QUOTED_DEPTH = 4;

/** Entries of a map or a list that a quotation includes: each takes three characters at least. */
const QUOTED_ENTRIES = 40;

/** Characters in which key material is searched for: many more than are shown. */
const SEARCHED_CHARACTERS = 512;

/** Base64 of about the length of a line of PEM. */
const BASE64_LINE = /[A-Za-z0-9+/]{60,}/g;

/**
 * Formats a value as JSON of bounded length, without characters that a terminal would act on or hide. Accepts a value of any size or
 * depth; numbers that JSON does not have are written as in JavaScript. Text that may be a private key is not shown.
 */
export function quote(value: unknown): string {
  const text = typeof value === "number" ? String(value) : JSON.stringify(excerpt(value, QUOTED_DEPTH));
  // The cut may split a pair of UTF-16 code units.
  const cut = text.length > QUOTED_CHARACTERS ? `${text.slice(0, QUOTED_CHARACTERS).toWellFormed()}…` : text;
  return cut.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${c.codePointAt(0)?.toString(16)}}`);
}

/** Returns the part of a value that a quotation shows, and one character more, so that the cut is marked. */
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
  if (mayBeKey(text.slice(0, SEARCHED_CHARACTERS))) return "(not shown: it may be a private key)";
  return text.slice(0, QUOTED_CHARACTERS + 1);
}

/** Whether a text may be a private key, pasted into the wrong field; its first line may be missing. */
function mayBeKey(text: string): boolean {
  if (text.includes("PRIVATE KEY-")) return true;
  const lines = text.match(BASE64_LINE) ?? [];
  // Key material has characters of all kinds, unlike a long name or a number.
  return lines.some((line) => [/[a-z]/, /[A-Z]/, /\d/].every((kind) => kind.test(line)));
}

/** Entries of a list that a message shows. */
export const SHOWN_ENTRIES = 20;

/**
 * Returns the lines of a message about a list of any length: the first entries, then the number of the others.
 * @param describe formats an entry; called only for those that are shown.
 * @param rest formats the last line, when there are more entries than `shown`.
 * @param shown most entries. @default SHOWN_ENTRIES
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

/** Names that a message lists before it counts the rest. */
const LISTED = 3;

/** Formats the first {@link LISTED} names and the number of the others: `d, e, f and 9,997 more`. */
export function firstNames(names: readonly string[]): string {
  const listed = names.slice(0, LISTED).join(", ");
  return names.length > LISTED ? `${listed} and ${count(names.length - LISTED)} more` : listed;
}

/** Formats a number: `10,000`. */
export function count(number: number): string {
  return number.toLocaleString("en-US");
}

/**
 * Formats a change of services: `adds 1 service (a), changes 2 (b, c), removes 10,000 (d, e, f and 9,997 more)`.
 * @returns "" when nothing changes.
 */
export function describeChange({ added, changed, removed }: Change): string {
  const parts = [
    ["adds", added],
    ["changes", changed],
    ["removes", removed],
  ] as const;
  return parts
    .filter(([, hosts]) => hosts.length > 0)
    .map(([verb, hosts], index) => {
      const noun = index > 0 ? "" : hosts.length === 1 ? " service" : " services";
      return `${verb} ${count(hosts.length)}${noun} (${firstNames(hosts)})`;
    })
    .join(", ");
}

/** Returns the message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Parses JSON; undefined for a text that is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Formats a time in UTC, to the second: `2026-11-21T10:28:15Z`. */
export function utc(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, "Z");
}
