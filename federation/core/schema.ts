import { closestMatch } from "leven";
import * as z from "zod";
import { FIRST_FAULTS, type Fault, firstFaults, pathOf } from "./fault.ts";
import { isPort } from "./port.ts";

/** What a text must be, and what to tell the person whose text is not. */
export interface TextRule {
  readonly test: (text: string) => boolean;
  /** Completes "<value> ...": `must be a DNS-1123 label`. */
  readonly rule: string;
  /** In the imperative, without a full stop. */
  readonly remedy: string;
}

/** A rule that is a regular expression and no more than `limit` characters. */
export function pattern(expression: RegExp, limit: number, rule: string, remedy: string): TextRule {
  return { test: (value) => value.length <= limit && expression.test(value), rule, remedy };
}
/** How YAML authors call the types that zod expects. */
const TYPE_NAMES: Readonly<Record<string, string>> = {
  object: "a map",
  record: "a map",
  array: "a list",
  string: "text",
  number: "a number",
};
/** How many letters may differ for "did you mean". */
const NEAR = 3;
/** What is longer than that is no slip of the pen. */
const SUGGESTED_CHARACTERS = 100;

/** What the faults of a check say; the value is left out where it may be secret or is not worth showing. */
export interface Complaint {
  rule: string;
  remedy: string;
  /** From the checked value to what is wrong in it. */
  path?: (string | number)[];
  withoutValue?: boolean;
}

/** Text that obeys a rule. */
export function text(rule: TextRule): z.ZodString {
  return z.string().refine(rule.test, { error: rule.rule, params: { remedy: rule.remedy } });
}

/** Text with something in it, e.g. a file's path. */
export const someText: z.ZodString = text({
  test: (value) => value.trim() !== "",
  rule: "must not be empty",
  remedy: "Write something, or leave the field out",
});

/** A TCP port. */
export const portNumber: z.ZodNumber = z.number().refine(isPort, {
  error: "must be a port: a whole number from 1 to 65535",
  params: { remedy: "Choose such a number" },
});

/** A map that has these fields and no others: an unknown one is a fault, with the known one that is near. */
export function fields<T extends z.ZodRawShape>(shape: T): z.ZodObject<T, z.core.$strict> {
  // zod tells which keys are unknown, not which are known: the message carries those to `faultsOf`.
  return z.strictObject(shape, {
    error: (issue) => (issue.code === "unrecognized_keys" ? Object.keys(shape).join(" ") : undefined),
  });
}

/**
 * Adds a check to a map or a list. It also runs when entries are wrong, so that all faults come at once: those may then be of any
 * type, only the map or list itself is what it should be.
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

/** Tells what zod found in `root`, as faults. */
export function faultsOf(error: Pick<z.ZodError, "issues">, root: unknown): Fault[] {
  return error.issues.flatMap((issue) => issueFaults(issue, root));
}

/** The same of one entry among very many: its first faults. */
export function firstFaultsOf(error: z.ZodError, root: unknown): Fault[] {
  const { issues } = error;
  const told = issues.slice(0, FIRST_FAULTS).flatMap((issue) => issueFaults(issue, root));
  return firstFaults(told, issues.length);
}

function issueFaults(issue: z.core.$ZodIssue, root: unknown): Fault[] {
  const at = (keys: readonly PropertyKey[], rule: string, remedy: string): Fault => {
    const value = valueAt(root, keys);
    return { path: pathOf(...keys), ...(value === undefined ? {} : { value }), rule, remedy };
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

/** A key that nobody knows. Its value is left out: what was meant by it is unknown too, so it may be secret. */
export function unknownField(path: readonly PropertyKey[], key: string, known: readonly string[]): Fault {
  const near = suggestion(key, known);
  return {
    path: pathOf(...path),
    rule: "is not a known field",
    remedy: near ?? `Remove it; known here: ${known.join(", ")}`,
  };
}

/** What somebody who wrote something unknown may have meant, as a remedy; undefined where nothing known is near. */
export function suggestion(written: string, known: readonly string[]): string | undefined {
  if (written.length > SUGGESTED_CHARACTERS) return undefined;
  const lowerCase = new Map(known.map((name) => [name.toLowerCase(), name]));
  // At most a third of a name may differ, lest "path" be taken for "name".
  const maxDistance = Math.min(NEAR, Math.ceil(written.length / 3));
  const near = closestMatch(written.toLowerCase(), [...lowerCase.keys()], { maxDistance });
  return near === undefined ? undefined : `Write '${lowerCase.get(near)}', if that is what you mean`;
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

/** What stands in a value of any kind at a path; undefined where there is nothing. */
export function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null && Object.hasOwn(value, key)
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined,
    root,
  );
}
