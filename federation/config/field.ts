import * as z from "zod";
import { withoutUndefined } from "../core/order.ts";

/** Limits of a number, and the advice for a number beyond them. */
interface Range {
  least: number;
  /** No upper limit when left out. */
  most?: number;
  /** Completes "a number of ...". */
  unit?: string;
  remedy?: string;
}

/** A whole number, exact in JavaScript, within limits. */
export function wholeNumber(range: Range): z.ZodNumber {
  return within(range, "a whole number", "integer", Number.isSafeInteger);
}

/** A number within limits, fractions included. */
export function fraction(range: Range): z.ZodNumber {
  return within(range, "a number", "number", Number.isFinite);
}

function within(
  { least, most = Infinity, unit, remedy = "Choose such a number" }: Range,
  noun: string,
  type: "integer" | "number",
  isOfType: (value: number) => boolean,
): z.ZodNumber {
  const what = unit === undefined ? noun : `${noun} of ${unit}`;
  const limits = most === Infinity ? `, ${least} or more` : ` from ${least} to ${most}`;
  return z
    .number()
    .refine((value) => isOfType(value) && value >= least && value <= most, {
      error: `must be ${what}${limits}`,
      params: { remedy },
    })
    .meta(withoutUndefined({ type, minimum: least, maximum: most === Infinity ? undefined : most }));
}
