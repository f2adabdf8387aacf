import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { pathOf } from "../federation/core/fault.ts";
import { DNS_LABEL } from "../federation/core/names.ts";
import type { TextRule } from "../federation/core/schema.ts";
import { quote } from "../federation/core/text.ts";

/** Stands for a value that a preview does not know yet; the engine marks it in no other way. */
const UNKNOWN: string = pulumi.runtime.unknownValue;

/** Whether a value, or anything inside it, is not known yet. */
export function containsUnknown(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return value === UNKNOWN;
  return Object.values(value).some(containsUnknown);
}

/** Returns a value, or undefined while it is not known. */
export function known<T>(value: T): T | undefined {
  return containsUnknown(value) ? undefined : value;
}

/** Schema of a text that fulfils a rule of the domain, or is not known yet. */
export function domainText(rule: TextRule): z.ZodType<string> {
  return validText((value) =>
    rule.test(value) ? undefined : `${quote(value)} ${rule.rule}. ${rule.remedy}.`,
  );
}

/**
 * Schema of a text without a fault, or not known yet.
 * @param faultOf the message is the whole fault: it need not quote the text, which may be a key.
 */
export function validText(faultOf: (value: string) => string | undefined): z.ZodType<string> {
  return z.string().superRefine((value, context) => {
    const message = value === UNKNOWN ? undefined : faultOf(value);
    if (message !== undefined) context.addIssue({ code: "custom", message });
  });
}

/** Schema of a `KubeconfigName`. */
export const KUBECONFIG_FIELD = z.strictObject({
  path: z.string().optional(),
  context: z.string().optional(),
});
export const NAMESPACE_FIELD = domainText(DNS_LABEL);

/**
 * Checks inputs field by field; a field that is not known yet passes.
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
      // Zod wraps a fault of a map's key once more than a fault of a value.
      reason: (issue.code === "invalid_key" ? issue.issues[0]?.message : undefined) ?? issue.message,
    }));
  });
}
