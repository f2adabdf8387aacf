import * as z from "zod";
import { sortedUnique } from "../order.ts";
import { type Complaint, checked } from "../schema.ts";

/** One text, or a list of at least one, none of them twice. What comes out is a list, sorted: its order says nothing. */
export function oneOrSeveral(entry: z.ZodType<string>): z.ZodType<string[]> {
  const several = checked(z.array(entry), (value) => [...none(value), ...repeats(value)]);
  return z.unknown().transform((value, context): string[] => {
    const { data, error } = (typeof value === "string" ? entry : several).safeParse(value);
    if (error === undefined) return sortedUnique([data].flat());
    const issues = typeof value === "string" || Array.isArray(value) ? error.issues : [neither(value)];
    context.issues.push(...issues.map((issue) => ({ ...issue, input: value }) as z.core.$ZodRawIssue));
    return z.NEVER;
  });
}

/** A list of texts, none of them twice; it may be empty. What comes out is sorted. */
export function eachOnce(entry: z.ZodType<string>): z.ZodType<string[]> {
  return checked(z.array(entry), repeats).transform(sortedUnique);
}

function none(value: readonly unknown[]): Complaint[] {
  if (value.length > 0) return [];
  return [{ rule: "is empty and would mean nothing", remedy: "Name something, or leave the field out" }];
}

function repeats(value: readonly unknown[]): Complaint[] {
  return value.flatMap((entry, index) =>
    value.indexOf(entry) < index
      ? [{ path: [index], rule: "is there twice", remedy: "Remove one of the two" }]
      : [],
  );
}

function neither(value: unknown): z.core.$ZodRawIssue {
  const missing = value === undefined;
  return {
    code: "custom",
    input: value,
    message: missing ? "is missing" : "must be text, or a list of texts",
    params: { remedy: typeof value === "number" || typeof value === "boolean" ? "Put it in quotes" : "Write text here" },
  };
}
