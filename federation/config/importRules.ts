import * as z from "zod";
import { labelSelector } from "./exports.ts";
import { EXPORT_TO } from "../core/exportTo.ts";
import { oneOrSeveral } from "../core/lists.ts";
import { NAME_TEMPLATE } from "../core/nameTemplate.ts";
import { HOST_NAME, NAME_PATTERN } from "../core/names.ts";
import { type Complaint, checked, text, fields, type TextRule } from "../core/schema.ts";
import { IMPORT_NAMESPACE } from "../core/wellKnown.ts";
import type { ImportRule } from "../imports/importRule.ts";
import { isWeight } from "../imports/importedService.ts";
import { OUTLIER_FIELDS, type OutlierDetection, isOutlierValue } from "../imports/outlierDetection.ts";

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
/** More than a host name, as many `*` may stand for nothing. */
const PATTERN_LIMIT = 300;

const HOST_PATTERN: TextRule = {
  test: (value) => value.length <= PATTERN_LIMIT && HOST_NAME.test(value.replace(/\*+/g, "a")),
  rule: "must be a DNS name in lower case, maybe with '*' for any part of it",
  remedy: "Write such a name, e.g. *.svc.cluster-b.local",
};

const DURATION = {
  rule: "must be a duration: a whole number with ms, s, m or h",
  remedy: "Write it like 10s",
};

const VALUES = {
  count: { rule: "must be a whole number, 0 or more", remedy: "Choose such a number" },
  duration: DURATION,
  percent: { rule: "must be a whole number from 0 to 100", remedy: "Choose such a number" },
} as const;

function outlierField<T extends string | number>(
  field: keyof OutlierDetection,
  type: z.ZodType<T>,
): z.ZodExactOptional<z.ZodType<T>> {
  const { rule, remedy } = VALUES[OUTLIER_FIELDS[field]];
  return type
    .refine((value) => isOutlierValue(field, value), { error: rule, params: { remedy } })
    .exactOptional();
}

const outlierDetection = checked(
  fields({
    consecutive5xxErrors: outlierField("consecutive5xxErrors", z.number()),
    consecutiveGatewayErrors: outlierField("consecutiveGatewayErrors", z.number()),
    interval: outlierField("interval", z.string()),
    baseEjectionTime: outlierField("baseEjectionTime", z.string()),
    maxEjectionPercent: outlierField("maxEjectionPercent", z.number()),
    minHealthPercent: outlierField("minHealthPercent", z.number()),
  }),
  (value): Complaint[] =>
    Object.keys(value).length > 0
      ? []
      : [
          {
            rule: "is empty",
            remedy: "Write when, e.g. { consecutive5xxErrors: 5 }, or leave the field out",
          },
        ],
);

function wholeNumber(least: number, isFit: (value: number) => boolean): z.ZodExactOptional<z.ZodNumber> {
  const error = `must be a whole number from ${least} to 1000`;
  return z
    .number()
    .refine(isFit, { error, params: { remedy: "Choose such a number" } })
    .exactOptional();
}

const rule = checked(
  fields({
    namespace: oneOrSeveral(text(NAME_PATTERN)).exactOptional(),
    service: oneOrSeveral(text(NAME_PATTERN)).exactOptional(),
    host: oneOrSeveral(text(HOST_PATTERN)).exactOptional(),
    selector: labelSelector.exactOptional(),
    skip: z.literal(true).exactOptional(),
    exportTo: exportTo.exactOptional(),
    as: oneOrSeveral(text(NAME_TEMPLATE)).exactOptional(),
    outlierDetection: outlierDetection.exactOptional(),
    weight: wholeNumber(1, isWeight),
    priority: wholeNumber(0, (value) => Number.isInteger(value) && value >= 0 && value <= 1000),
  }),
  ({ skip, exportTo: seenBy, as, outlierDetection: outliers, weight, priority }): Complaint[] => {
    if (skip === undefined) return [];
    const settings = { exportTo: seenBy, as, outlierDetection: outliers, weight, priority };
    const idle = Object.entries(settings).filter(([, value]) => value !== undefined);
    return idle.map(([field]) => ({
      path: [field],
      rule: "says how to import what the rule has not imported",
      remedy: "Remove it, or 'skip'",
    }));
  },
) satisfies z.ZodType<ImportRule>;

/** Which of a peer's services are imported, and how; an empty list: none. */
export const importRules: z.ZodType<ImportRule[]> = checked(z.array(rule), (value): Complaint[] =>
  value.flatMap((entry: ImportRule | null | undefined, index) => {
    if (entry === undefined || entry === null || index === value.length - 1) return [];
    const { namespace, service, host, selector } = entry;
    if ([namespace, service, host, selector].some((field) => field !== undefined)) return [];
    return [
      {
        path: [index],
        rule: "means all services, so that no rule after it decides anything",
        remedy: "Put it last, or say which it means",
      },
    ];
  }),
);
