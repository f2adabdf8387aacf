import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { pathOf } from "../federation/core/fault.ts";
import { DNS_LABEL } from "../federation/core/names.ts";
import type { TextRule } from "../federation/core/schema.ts";
import { quote } from "../federation/core/text.ts";

/** Stands in a preview for a value that only an update will know; the engine marks it in no other way. */
const UNKNOWN: string = pulumi.runtime.unknownValue;

/** Whether a value, or anything inside it, is not known yet. */
export function containsUnknown(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return value === UNKNOWN;
  return Object.values(value).some(containsUnknown);
}

/** A text by a rule of the domain; not yet known is fine. */
export function text(rule: TextRule): z.ZodType<string> {
  return z.string().superRefine((value, context) => {
    if (value === UNKNOWN || rule.test(value)) return;
    context.addIssue({ code: "custom", message: `${quote(value)} ${rule.rule}. ${rule.remedy}.` });
  });
}

/** The name of a cluster, as every provider here takes it. */
export const KUBECONFIG_FIELD = z.strictObject({
  path: z.string().optional(),
  context: z.string().optional(),
});
export const NAMESPACE_FIELD = text(DNS_LABEL);

/**
 * Checks inputs field by field; a field that is not yet known is fine.
 * @returns every failure, each with the path of its value.
 */
export function checkFields(
  fields: Readonly<Record<string, z.ZodType>>,
  inputs: Readonly<Record<string, unknown>>,
): pulumi.dynamic.CheckFailure[] {
  return Object.entries(fields).flatMap(([name, schema]) => {
    const issues = inputs[name] === UNKNOWN ? [] : (schema.safeParse(inputs[name]).error?.issues ?? []);
    return issues.map((issue) => ({
      property: pathOf(name, ...issue.path),
      // What is wrong with a map's key is wrapped once more than what is wrong with a value.
      reason: (issue.code === "invalid_key" ? issue.issues[0]?.message : undefined) ?? issue.message,
    }));
  });
}
