import * as z from "zod";
import type { ExportRule } from "../exportRule.ts";
import { DNS_LABEL, LABEL_KEY, LABEL_VALUE } from "../hostname.ts";
import { EXPORT_LABEL } from "../labels.ts";
import { sortedRecord } from "../order.ts";
import { type Complaint, checked, fields, text } from "../schema.ts";

const selector = checked(z.record(z.string(), text(LABEL_VALUE)), (value): Complaint[] => {
  if (Object.keys(value).length === 0) {
    return [
      {
        rule: "is empty and would select nothing",
        remedy: `Add a label, e.g. ${EXPORT_LABEL}: "true"`,
      },
    ];
  }
  return Object.keys(value)
    .filter((key) => !LABEL_KEY.test(key))
    .map((key) => ({ path: [key], rule: "has a key that is no label's", remedy: LABEL_KEY.remedy }));
});

const rule = checked(
  fields({
    namespace: text(DNS_LABEL).optional(),
    service: text(DNS_LABEL).optional(),
    selector: selector.optional(),
  }),
  (value): Complaint[] => {
    const { namespace, service, selector: labels } = value;
    if (labels !== undefined && service !== undefined) {
      return [
        {
          rule: "has both 'service' and 'selector'",
          remedy: "Keep one, and make a second entry of the other",
        },
      ];
    }
    if (labels !== undefined || (service !== undefined && namespace !== undefined)) return [];
    const remedy =
      "Write { namespace, service } for one Service, or { selector } for those with certain labels";
    return [{ rule: "does not say what to export", remedy }];
  },
).transform(({ namespace = "", service = "", selector: labels }): ExportRule => {
  if (labels === undefined) return { namespace, service };
  const selected = { selector: sortedRecord(Object.entries(labels)) };
  return namespace === "" ? selected : { ...selected, namespace };
});

/** Which Services are offered to peers. */
export const exportRules = checked(z.array(rule), (value): Complaint[] => {
  const seen = new Set<string>();
  return value.flatMap((entry: ExportRule | undefined, index) => {
    const key = JSON.stringify(entry);
    if (entry === undefined || !seen.has(key)) {
      seen.add(key);
      return [];
    }
    return [{ path: [index], rule: "is there twice", remedy: "Remove one of the two" }];
  });
});
