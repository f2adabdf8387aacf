import * as z from "zod";
import { sortedUnique } from "../order.ts";
import { type Complaint, checked } from "../schema.ts";

/** One text, or a list as {@link several} has it. */
export function oneOrSeveral(entry: z.ZodType<string>): z.ZodType<string[]> {
  const list = several(entry);
  return z.unknown().transform((value, context): string[] => {
    const isText = typeof value === "string";
    const { data, error } = (isText ? entry : list).safeParse(value);
    if (error === undefined) return [data].flat();
    const issues = isText || Array.isArray(value) ? error.issues : [neither(value)];
    context.issues.push(...issues.map((issue) => ({ ...issue, input: value }) as z.core.$ZodRawIssue));
    return z.NEVER;
  });
}

const MEANS_NOTHING: Complaint = {
  rule: "is empty and would mean nothing",
  remedy: "Name something, or leave the field out",
};

/**
 * A list of at least one text, none of them twice. What comes out is sorted: its order says nothing.
 * @param empty what is said of one without any.
 */
export function several(entry: z.ZodType<string>, empty: Complaint = MEANS_NOTHING): z.ZodType<string[]> {
  return checked(z.array(entry), (value) => [
    ...(value.length === 0 ? [empty] : []),
    ...repeats(value),
  ]).transform(sortedUnique);
}

/** A list of texts as {@link several} has it, or an empty one. */
export function anyNumber(entry: z.ZodType<string>): z.ZodType<string[]> {
  return checked(z.array(entry), repeats).transform(sortedUnique);
}

function repeats(value: readonly unknown[]): Complaint[] {
  const seen = new Set<unknown>();
  return value.flatMap((entry, index) => {
    if (!seen.has(entry)) {
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
