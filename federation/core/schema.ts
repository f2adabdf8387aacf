import { closestMatch } from "leven";
import * as z from "zod";
import { FIRST_FAULTS, type Fault, firstFaults, pathOf } from "./fault.ts";
import { isPort } from "./port.ts";

/** Rule of a text, with the message for a text that breaks it. */
export interface TextRule {
  readonly test: (text: string) => boolean;
  /** Completes "<value> ...": `must be a DNS-1123 label`. */
  readonly rule: string;
  /** In the imperative, without a full stop. */
  readonly remedy: string;
  /** Whether the fault omits the text, which may have a secret in it. @default false */
  readonly withoutValue?: boolean;
}

/** Builds a rule of a regular expression and at most `limit` characters. */
export function pattern(expression: RegExp, limit: number, rule: string, remedy: string): TextRule {
  return { test: (value) => value.length <= limit && expression.test(value), rule, remedy };
}

/** Names that YAML authors use for the types that zod expects. */
const TYPE_NAMES: Readonly<Record<string, string>> = {
  object: "a map",
  record: "a map",
  array: "a list",
  string: "text",
  number: "a number",
};
/** Most letters in which a suggestion may differ. */
const NEAR = 3;
/** Longest text for which a known one is suggested. */
const SUGGESTED_CHARACTERS = 100;

/** Result of a check: a fault without its value. */
export interface Complaint {
  rule: string;
  remedy: string;
  /** Path from the checked value to the wrong one. @default [] */
  path?: (string | number)[];
  /** Whether the fault omits the value, which may be secret or not worth showing. @default false */
  withoutValue?: boolean;
}

/** Schema of a text that follows a rule. */
export function text({ test, rule, remedy, withoutValue = false }: TextRule): z.ZodString {
  return z.string().refine(test, { error: rule, params: { remedy, withoutValue } });
}

/** Schema of a text that is not blank, e.g. a file's path. */
export const someText: z.ZodString = text({
  test: (value) => value.trim() !== "",
  rule: "must not be empty",
  remedy: "Write something, or remove the field",
});

/** A field that may be left out: its value is then `undefined`, and its key is always part of the type. */
export function orUndefined<T extends z.ZodType>(schema: T) {
  return schema.optional().transform((value): z.output<T> | undefined => value);
}

/** Schema of a TCP port. */
export const portNumber: z.ZodNumber = z.number().refine(isPort, {
  error: "must be a port: a whole number from 1 to 65535",
  params: { remedy: "Choose such a number" },
});

/** Schema of a map with exactly these fields; the fault of an unknown field suggests the nearest known one. */
export function fields<T extends z.ZodRawShape>(shape: T): z.ZodObject<T, z.core.$strict> {
  // zod reports the unknown keys only: the message carries the known ones to `faultsOf`.
  return z.strictObject(shape, {
    error: (issue) => (issue.code === "unrecognized_keys" ? Object.keys(shape).join(" ") : undefined),
  });
}

/**
 * Adds a check to the schema of a map or a list. It also runs when entries are wrong, so that all faults are reported at once: only the
 * type of the map or list itself is certain.
 */
export function checked<T extends z.ZodType>(schema: T, complaints: (value: z.output<T>) => Complaint[]): T {
  const check = z.superRefine<z.output<T>>(
    (value, context) => {
      for (const { rule, remedy, path = [], withoutValue = false } of complaints(value)) {
        context.addIssue({ code: "custom", message: rule, path, params: { remedy, withoutValue } });
      }
    },
    { when: ({ value }) => isOfKind(value, schema.type === "array") },
  );
  return schema.check(check);
}

function isOfKind(value: unknown, list: boolean): boolean {
  return typeof value === "object" && value !== null && Array.isArray(value) === list;
}

/** Converts the issues that zod found in `root` to faults. */
export function faultsOf(error: Pick<z.ZodError, "issues">, root: unknown): Fault[] {
  return error.issues.flatMap((issue) => issueFaults(issue, root));
}

/** Converts the issues of one entry of a very large map: its first faults. */
export function firstFaultsOf(error: z.ZodError, root: unknown): Fault[] {
  const { issues } = error;
  const first = issues.slice(0, FIRST_FAULTS).flatMap((issue) => issueFaults(issue, root));
  return firstFaults(first, issues.length);
}

function issueFaults(issue: z.core.$ZodIssue, root: unknown): Fault[] {
  const at = (keys: readonly PropertyKey[], rule: string, remedy: string): Fault => {
    return { path: pathOf(...keys), value: valueAt(root, keys), rule, remedy };
  };
  switch (issue.code) {
    case "unrecognized_keys": {
      const known = issue.message.split(" ");
      return issue.keys.map((key) => unknownField([...issue.path, key], key, known));
    }
    case "custom": {
      const { remedy = "Correct it", withoutValue = false } = issue.params ?? {};
      const fault = at(issue.path, issue.message, String(remedy));
      return [withoutValue ? { path: fault.path, rule: fault.rule, remedy: fault.remedy } : fault];
    }
    case "invalid_type":
      return [wrongType(at, issue.path, issue.expected, valueAt(root, issue.path))];
    case "invalid_value": {
      const choices = issue.values.map(String);
      const value = valueAt(root, issue.path);
      const near = typeof value === "string" ? suggestion(value, choices) : undefined;
      return [at(issue.path, `must be one of ${choices.join(", ")}`, near ?? "Choose one of these")];
    }
    default:
      return [at(issue.path, `is not valid: ${issue.message}`, "Correct it")];
  }
}

/** Returns the fault of an unknown field, without its value, which may be secret. */
export function unknownField(path: readonly PropertyKey[], key: string, known: readonly string[]): Fault {
  const near = suggestion(key, known);
  const remedy = near ?? (known.length === 0 ? "Remove it" : `Remove it; known here: ${known.join(", ")}`);
  return { path: pathOf(...path), rule: "is not a known field", remedy };
}

/** Returns a remedy that suggests the nearest known name; undefined where none is near. */
export function suggestion(written: string, known: readonly string[]): string | undefined {
  const near = nearestName(written, known);
  return near === undefined ? undefined : `Write '${near}', if that is what you mean`;
}

/** Finds the known name that differs in few letters, upper or lower case aside. */
export function nearestName(written: string, known: readonly string[]): string | undefined {
  if (written.length > SUGGESTED_CHARACTERS) return undefined;
  const lowerCase = new Map(known.map((name) => [name.toLowerCase(), name]));
  // At most a third of a name may differ, lest "path" be taken for "name".
  const maxDistance = Math.min(NEAR, Math.ceil(written.length / 3));
  const near = closestMatch(written.toLowerCase(), [...lowerCase.keys()], { maxDistance });
  return near === undefined ? undefined : lowerCase.get(near);
}

function wrongType(
  at: (keys: readonly PropertyKey[], rule: string, remedy: string) => Fault,
  path: readonly PropertyKey[],
  expected: string,
  value: unknown,
): Fault {
  const type = TYPE_NAMES[expected] ?? expected;
  if (value === undefined) return at(path, "is missing", `Add it: ${type}`);
  const scalar = typeof value === "number" || typeof value === "boolean";
  return at(
    path,
    `must be ${type}`,
    expected === "string" && scalar ? "Put it in quotes" : `Write ${type} here`,
  );
}

/** Returns the value at a path of any data; undefined where there is none. */
export function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, key)
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined,
    root,
  );
}
