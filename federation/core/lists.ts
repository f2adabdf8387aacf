import * as z from "zod";
import { count } from "./text.ts";
import { FIRST_FAULTS } from "./fault.ts";
import { sortedUnique } from "./order.ts";
import { type Complaint, checked } from "./schema.ts";

const NOT_READ = "is not read, nor are the entries after it: there are too many faults before it";

/**
 * Schema of a list of `least` to `most` entries. Entries of a list that is too long are not validated, nor those after the first
 * {@link FIRST_FAULTS} faults.
 */
export function list<T extends z.ZodType>(entry: T, least: number, most: number): z.ZodType<z.output<T>[]> {
  const sized = z.array(z.unknown()).check((context) => {
    const complaint = sizeComplaint(context.value.length, least, most);
    if (complaint !== undefined) context.issues.push({ ...complaint, input: context.value });
  });
  return sized.transform((values, context) => {
    const read: z.output<T>[] = [];
    for (const [index, input] of values.entries()) {
      if (context.issues.length >= FIRST_FAULTS) {
        const params = { remedy: "Correct those before it first", withoutValue: true };
        context.issues.push({ code: "custom", input, path: [index], message: NOT_READ, params });
        break;
      }
      const { success, data, error } = entry.safeParse(input);
      if (success) read.push(data);
      else context.issues.push(...error.issues.map((issue) => inList(issue, index, input)));
    }
    return read;
  });
}

/** Schema of a map of at most `most` entries, not validated; zod's own record drops the key `__proto__`. */
export function map(most: number): z.ZodType<Record<string, unknown>> {
  const open = z.custom<Record<string, unknown>>(
    (value) => typeof value === "object" && value !== null && !Array.isArray(value),
    {
      error: ({ input }) => (input === undefined ? "is missing" : "must be a map"),
      params: { remedy: "Write a map here" },
      abort: true,
    },
  );
  return open.check((context) => {
    const complaint = sizeComplaint(Object.keys(context.value).length, 0, most);
    if (complaint !== undefined) context.issues.push({ ...complaint, input: context.value });
  });
}

function sizeComplaint(size: number, least: number, most: number) {
  if (size >= least && size <= most) return undefined;
  const [message, remedy] =
    size < least
      ? [`must have at least ${least === 1 ? "one entry" : `${count(least)} entries`}`, "Add one"]
      : [`has ${count(size)} entries, and may have ${count(most)}`, "Leave some out"];
  return { code: "custom" as const, message, params: { remedy, withoutValue: true } };
}

function inList(issue: z.core.$ZodIssue, index: number, input: unknown): z.core.$ZodRawIssue {
  return { ...issue, input, path: [index, ...issue.path] } as z.core.$ZodRawIssue;
}

/** Schema of one text, or of a list as {@link several} accepts it. */
export function oneOrSeveral(entry: z.ZodType<string>): z.ZodType<string[]> {
  const listed = several(entry);
  const text = { type: "string" };
  const either = z.unknown().transform((value, context): string[] => {
    const isText = typeof value === "string";
    const { data, error } = (isText ? entry : listed).safeParse(value);
    if (error === undefined) return [data].flat();
    const issues = isText || Array.isArray(value) ? error.issues : [neither(value)];
    context.issues.push(...issues.map((issue) => ({ ...issue, input: value }) as z.core.$ZodRawIssue));
    return z.NEVER;
  });
  // For the JSON Schema.
  return either.meta({ anyOf: [text, { type: "array", items: text }] });
}

const EMPTY_LIST: Complaint = {
  rule: "is empty",
  remedy: "Add an entry, or remove the field",
};

/**
 * Schema of a list of at least one text, without duplicates; sorts it.
 * @param empty fault of an empty list.
 */
export function several(entry: z.ZodType<string>, empty: Complaint = EMPTY_LIST): z.ZodType<string[]> {
  return checked(z.array(entry), (value) => [
    ...(value.length === 0 ? [empty] : []),
    ...repeats(value),
  ]).transform(sortedUnique);
}

/** Schema of a list of texts without duplicates, which may be empty; sorts it. */
export function anyNumber(entry: z.ZodType<string>): z.ZodType<string[]> {
  return distinct(entry).transform(sortedUnique);
}

/** A list of texts, none of them twice, in the order in which they are written. */
export function distinct(entry: z.ZodType<string>): z.ZodArray<z.ZodType<string>> {
  return checked(z.array(entry), repeats);
}

/**
 * Finds entries that equal an earlier one.
 * @param value texts, or a key of each entry; `undefined` for one without, which equals no other.
 */
export function repeats(value: readonly unknown[]): Complaint[] {
  const seen = new Set<unknown>();
  return value.flatMap((entry, index) => {
    if (entry === undefined || !seen.has(entry)) {
      seen.add(entry);
      return [];
    }
    return [{ path: [index], rule: "is there twice", remedy: "Remove one of the two" }];
  });
}

function neither(value: unknown): Omit<z.core.$ZodIssueCustom, "path"> {
  const isScalar = typeof value === "number" || typeof value === "boolean";
  return {
    code: "custom",
    message: "must be text, or a list of texts",
    params: { remedy: isScalar ? "Put it in quotes" : "Write text here" },
  };
}
