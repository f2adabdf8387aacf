import * as z from "zod";
import { type Complaint, checked, fields } from "../core/schema.ts";

/** Most errors that the CustomResourceDefinition's unsigned 32-bit number can count. */
const ERRORS_LIMIT = 2 ** 32 - 1;

const ISTIO_DEFAULT = { defaultsTo: "Istio's" };

function number(limit: number, error: string, description: string) {
  return z
    .number()
    .refine((value) => Number.isInteger(value) && value >= 0 && value <= limit, {
      error,
      params: { remedy: "Choose such a number" },
    })
    .exactOptional()
    .meta({ description, ...ISTIO_DEFAULT });
}

function errors(description: string) {
  return number(ERRORS_LIMIT, "must be a whole number, 0 or more", description);
}

function percentage(description: string) {
  return number(100, "must be a whole number from 0 to 100", description);
}

function duration(description: string) {
  return z
    .string()
    .refine((value) => /^[1-9]\d{0,5}(?:ms|s|m|h)$/.test(value), {
      error: "must be a duration: a whole number with ms, s, m or h",
      params: { remedy: "Write it like 10s" },
    })
    .exactOptional()
    .meta({ description, ...ISTIO_DEFAULT });
}

/** Conditions under which proxies eject a gateway for a while, in the words of Istio's DestinationRule. */
export const outlierDetection = checked(
  fields({
    consecutive5xxErrors: errors("Failures in a row, an unreachable gateway among them; 0 counts none."),
    consecutiveGatewayErrors: errors("Answers 502, 503 and 504 in a row; 0 counts none."),
    interval: duration("Time between two checks, e.g. `10s`."),
    baseEjectionTime: duration("Shortest ejection, e.g. `30s`."),
    maxEjectionPercent: percentage("Percentage of the gateways that may be ejected at once."),
    minHealthPercent: percentage("Percentage of healthy gateways below which none is ejected."),
  }),
  (value): Complaint[] => {
    if (Object.keys(value).length > 0) return [];
    const remedy = "Write when, e.g. { consecutive5xxErrors: 5 }, or remove the field";
    return [{ rule: "is empty", remedy }];
  },
);

/** Conditions under which proxies eject a gateway for a while. */
export type OutlierDetection = z.output<typeof outlierDetection>;

const FIELDS = Object.keys(outlierDetection.shape) as readonly (keyof OutlierDetection)[];

/** The settings in Istio's order, whatever order they were written in. */
export function sortOutlierDetection(settings: OutlierDetection): OutlierDetection {
  return Object.fromEntries(
    FIELDS.filter((field) => field in settings).map((field) => [field, settings[field]]),
  );
}

/** Formats the settings for display: `consecutive5xxErrors 5, interval 10s`; "" without any. */
export function formatOutlierDetection(settings: OutlierDetection | undefined): string {
  return FIELDS.flatMap((field) => {
    const value = settings?.[field];
    return value === undefined ? [] : [`${field} ${value}`];
  }).join(", ");
}
