import type { OutlierDetection } from "../config/importRules.ts";

/** The fields in the order in which they are written, and what each holds. */
export const OUTLIER_FIELDS = {
  consecutive5xxErrors: "count",
  consecutiveGatewayErrors: "count",
  interval: "duration",
  baseEjectionTime: "duration",
  maxEjectionPercent: "percent",
  minHealthPercent: "percent",
} as const;

type Field = keyof typeof OUTLIER_FIELDS;

const FIELDS = Object.keys(OUTLIER_FIELDS) as readonly Field[];

/** As many errors as an unsigned number of 32 bits can count, by the CustomResourceDefinition. */
const MOST_ERRORS = 2 ** 32 - 1;

/** Whether a value is one that Istio takes in this field. */
export function isOutlierValue(field: Field, value: unknown): boolean {
  const kind = OUTLIER_FIELDS[field];
  if (kind === "duration") return typeof value === "string" && /^[1-9]\d{0,5}(?:ms|s|m|h)$/.test(value);
  const most = kind === "percent" ? 100 : MOST_ERRORS;
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= most;
}

/** The fields that are there, in one order, with blanks between: `consecutive5xxErrors 5, interval 10s`. */
export function formatOutliers(outliers: OutlierDetection): string {
  return FIELDS.flatMap((field) => {
    const value = outliers[field];
    return value === undefined ? [] : [`${field} ${value}`];
  }).join(", ");
}

/**
 * Reads what {@link formatOutliers} wrote.
 * @returns undefined for what it did not write.
 */
export function parseOutliers(written: string): OutlierDetection | undefined {
  const entries = written.split(", ").map((part) => {
    const [name = "", text = ""] = part.split(" ");
    const field = FIELDS.find((known) => known === name);
    const value = field === undefined || OUTLIER_FIELDS[field] === "duration" ? text : Number(text);
    return field !== undefined && isOutlierValue(field, value) ? ([field, value] as const) : undefined;
  });
  const found = entries.filter((entry) => entry !== undefined);
  if (found.length !== entries.length) return undefined;
  const outliers = Object.fromEntries(found) as OutlierDetection;
  return formatOutliers(outliers) === written ? outliers : undefined;
}
