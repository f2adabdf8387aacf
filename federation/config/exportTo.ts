import * as z from "zod";
import { EXPORT_TO } from "../imports/exportTo.ts";
import { type Complaint, checked, text } from "../schema.ts";
import { IMPORT_NAMESPACE } from "../wellKnown.ts";

/** Namespaces whose workloads are to see services: at least one, each once, or `*` alone. */
export const exportTo = checked(z.array(text(EXPORT_TO)), (value): Complaint[] => {
  if (value.length === 0) {
    // Istio reads an empty list as "all namespaces", which nobody who writes one means.
    return [
      { rule: "must name at least one namespace", remedy: "Write '*' for all, or leave the field out" },
    ];
  }
  const all = value.length > 1 && value.includes("*");
  return [
    ...(all ? [{ rule: "has '*' beside others", remedy: "Write '*' alone, or only namespaces" }] : []),
    ...value.flatMap((entry, index) =>
      value.findIndex((earlier) => sameNamespace(earlier, entry)) < index
        ? [
            {
              path: [index],
              rule: `is there twice ('.' is ${IMPORT_NAMESPACE})`,
              remedy: "Remove one of the two",
            },
          ]
        : [],
    ),
  ];
});

function sameNamespace(one: string, other: string): boolean {
  const plain = (namespace: string): string => (namespace === "." ? IMPORT_NAMESPACE : namespace);
  return plain(one) === plain(other);
}
