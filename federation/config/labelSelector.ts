import * as z from "zod";
import { LABEL_KEY, LABEL_VALUE } from "../hostname.ts";
import { sortedRecord } from "../order.ts";
import { type Complaint, checked, text } from "../schema.ts";

/**
 * Labels that all must be there; none would select nothing.
 * @param example of a label, for whoever wrote none: `tier: gold`.
 */
export function labelSelector(example: string): z.ZodType<Record<string, string>> {
  return checked(z.record(z.string(), text(LABEL_VALUE)), (value): Complaint[] => {
    if (Object.keys(value).length === 0) {
      return [{ rule: "is empty and would select nothing", remedy: `Add a label, e.g. ${example}` }];
    }
    return Object.keys(value)
      .filter((key) => !LABEL_KEY.test(key))
      .map((key) => ({ path: [key], rule: "has a key that is no label's", remedy: LABEL_KEY.remedy }));
  }).transform((value) => sortedRecord(Object.entries(value)));
}
