import * as z from "zod";
import { LABEL_KEY, LABEL_VALUE } from "../hostname.ts";
import { sortedRecord } from "../order.ts";
import { type Complaint, checked, text } from "../schema.ts";

/** Labels that all must be there; none select nothing. */
export const labelSelector: z.ZodType<Record<string, string>> = checked(
  z.record(z.string(), text(LABEL_VALUE)),
  (value): Complaint[] =>
    Object.keys(value)
      .filter((key) => !LABEL_KEY.test(key))
      .map((key) => ({ path: [key], rule: "has a key that is no label's", remedy: LABEL_KEY.remedy })),
).transform((value) => sortedRecord(Object.entries(value)));
