import { type Fault, pathOf } from "../core/fault.ts";
import { suggestion, valueAt } from "../core/schema.ts";
import { count, quote } from "../core/text.ts";
import { fieldSchema, isMap, type PathKey, type StructuralSchema, takesTexts } from "./crd.ts";
import { type ExclusiveFields, type SchemaError, duplicateOf } from "./jsonSchema.ts";

/** A fault with the path of the value in keys. */
export interface LocatedFault {
  readonly keys: readonly PathKey[];
  readonly fault: Fault;
}

/** Names that YAML authors use for the types of a schema. */
const TYPE_NAMES: Readonly<Record<string, string>> = {
  object: "a map",
  array: "a list",
  string: "text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
};

/** Longest text that a remedy repeats. */
const REPEATED_CHARACTERS = 40;

/**
 * Returns the fault of an error that the validation of an object found.
 * @param schema of the object.
 */
export function schemaFault(error: SchemaError, root: unknown, schema: StructuralSchema): LocatedFault {
  const keys = pathKeys(error.instancePath, root);
  const { params, data: value } = error;
  const own = schemaAt(schema, keys);
  const at = (rule: string, remedy: string, path = keys): LocatedFault => {
    return { keys: path, fault: { path: pathOf(...path), ...shown(valueAt(root, path)), rule, remedy } };
  };
  const limit = Number(params["limit"] ?? 0);
  switch (error.keyword) {
    case "required": {
      const field = String(params["missingProperty"]);
      return at("is missing", `Add it: ${typeName(fieldSchema(own, field) ?? {})}`, [...keys, field]);
    }
    case "type": {
      const { rule, remedy } = wrongType(own, value);
      const outer = keys.slice(0, -1);
      // `matchLabels` where the labels themselves belong.
      const isLevelTooMany = isMap(value) && takesTexts(schemaAt(schema, outer));
      const corrected = isLevelTooMany ? `Move its fields to ${pathOf(...outer)}` : remedy;
      return { keys, fault: { path: pathOf(...keys), value, rule, remedy: corrected } };
    }
    case "enum": {
      const choices = (own.enum ?? []).filter((choice) => choice !== null).map(String);
      const near = typeof value === "string" ? suggestedChoice(value, choices) : undefined;
      return at(`must be one of ${choices.join(", ")}`, near ?? "Choose one of these");
    }
    case "minimum":
      return at(`must be ${count(limit)} or more`, "Choose such a number");
    case "maximum":
      return at(`must be ${count(limit)} or less`, "Choose such a number");
    case "exclusiveMinimum":
      return at(`must be more than ${count(limit)}`, "Choose such a number");
    case "exclusiveMaximum":
      return at(`must be less than ${count(limit)}`, "Choose such a number");
    case "minLength":
      return limit === 1
        ? at("must not be empty", "Write something, or remove the field")
        : at(`must have at least ${count(limit)} characters`, "Write a longer text");
    case "maxLength":
      return at(`must have at most ${count(limit)} characters`, "Shorten it");
    case "minItems":
    case "minProperties":
      return at(`must have at least ${entries(limit)}`, "Add one, or remove the field");
    case "maxItems":
    case "maxProperties":
      return at(`must have at most ${entries(limit)}`, "Leave some out");
    case "pattern":
      return at(`must match the regular expression ${String(params["pattern"])}`, "Correct the text");
    case "format":
      return at(FORMAT_RULES[String(params["format"])] ?? "has the wrong format", "Correct it");
    case "exclusiveFields": {
      const { fields } = error.schema as ExclusiveFields;
      const set = isMap(value) ? fields.filter((field) => Object.hasOwn(value, field)) : [];
      const one = `takes exactly one of ${fields.join(", ")}`;
      return set.length === 0
        ? at(`${one}, and has none`, "Add one of these")
        : at(`${one}, and has ${set.join(" and ")}`, "Keep one of these");
    }
    case "uniqueKeys": {
      const unique = error.schema as readonly string[];
      const index = Array.isArray(value) ? duplicateOf(value, unique) : undefined;
      const name = unique.length === 1 && index !== undefined ? [index, ...unique] : [index ?? 0];
      return at("is a duplicate in its list", "Choose another, or remove the entry", [...keys, ...name]);
    }
    case "uniqueItems":
      return at("has an entry twice", "Remove one of them");
    case "multipleOf":
      return at(`must be a multiple of ${String(params["multipleOf"])}`, "Choose such a number");
    default:
      return at("fits none of the alternatives that its CRD allows, or several", "Correct it");
  }
}

const FORMAT_RULES: Readonly<Record<string, string>> = {
  int32: "must be a number of 32 bits: from -2,147,483,648 to 2,147,483,647",
  int64: "must be a number of 64 bits",
  byte: "must be base64",
  "date-time": "must be a time such as 2026-12-01T08:00:00Z",
};

/** Suggests the nearest choice, or the only one that has the written word: `MESH_EXTERNAL` for `external`. */
function suggestedChoice(written: string, choices: readonly string[]): string | undefined {
  const word = written.toUpperCase();
  const [first, ...others] = choices.filter((choice) => choice.split("_").includes(word));
  const sole = others.length === 0 ? first : undefined;
  return (
    suggestion(written, choices) ??
    (sole === undefined ? undefined : `Write '${sole}', if that is what you mean`)
  );
}

/** Returns the value of a fault; maps and lists are not shown, as their fields are at fault. */
function shown(value: unknown): { value?: unknown } {
  return typeof value === "object" || value === undefined ? {} : { value };
}

function entries(number: number): string {
  return number === 1 ? "one entry" : `${count(number)} entries`;
}

function typeName(schema: StructuralSchema): string {
  if (schema["x-kubernetes-int-or-string"] === true) return "a whole number or text";
  return TYPE_NAMES[schema.type ?? ""] ?? "a value";
}

/** Returns the schema of the value at a path. */
function schemaAt(schema: StructuralSchema, keys: readonly PathKey[]): StructuralSchema {
  return keys.reduce<StructuralSchema>(
    (outer, key) => (typeof key === "number" ? outer.items : fieldSchema(outer, key)) ?? {},
    schema,
  );
}

/** Converts a JSON pointer to keys. */
function pathKeys(pointer: string, root: unknown): PathKey[] {
  const keys: PathKey[] = [];
  for (const part of pointer.split("/").slice(1)) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    keys.push(Array.isArray(valueAt(root, keys)) ? Number(key) : key);
  }
  return keys;
}

/** Returns the rule and remedy of a value of the wrong type. */
function wrongType(schema: StructuralSchema, value: unknown): Pick<Fault, "rule" | "remedy"> {
  const expected = typeName(schema);
  const rule = `must be ${expected}`;
  if (value === null) return { rule, remedy: `Write ${expected}, or remove it` };
  const { type } = schema;
  if (type === "string" && (typeof value === "number" || typeof value === "boolean")) {
    const takesDuration = typeof value === "number" && isDuration(schema);
    return { rule, remedy: takesDuration ? `Add the unit: ${value}s` : "Put it in quotes" };
  }
  if (typeof value === "string" && (type === "integer" || type === "number" || type === "boolean")) {
    const [, number] = /^\s*(-?\d+(?:\.\d+)?)\s*%?\s*$/.exec(value) ?? [];
    const isQuoted = type === "boolean" ? value === "true" || value === "false" : value === number;
    if (isQuoted) return { rule, remedy: "Remove the quotes" };
    return { rule, remedy: number === undefined ? `Write ${expected} here` : `Write ${number}` };
  }
  if (type === "array" && typeof value !== "object") {
    return { rule, remedy: `Write it as a list: [${repeated(value) ?? "..."}]` };
  }
  if (type === "array" && isMap(value)) return { rule, remedy: "Begin each entry with '- '" };
  if (type === "object" && Array.isArray(value)) return { rule, remedy: "Write one map here, without '- '" };
  if (type === "object") return { rule, remedy: mapRemedy(schema, value) };
  return { rule, remedy: `Write ${expected} here` };
}

/** Suggests the map that a scalar was probably written for: `{number: 80}` for a port, `{exact: jason}` for a match. */
function mapRemedy(schema: StructuralSchema, value: unknown): string {
  const { properties = {} } = schema;
  const fields = Object.entries(properties);
  const fitting = fields.filter(([, inner]) => fitsType(inner, value)).map(([field]) => field);
  const text = repeated(value);
  const [field] = fitting;
  const isClear = fitting.length === 1 || (fitting.length === fields.length && schema.oneOf !== undefined);
  if (field !== undefined && isClear && text !== undefined) return `Write {${field}: ${text}}`;
  return fields.length === 0
    ? "Write a map here"
    : `Write a map with fields of ${fields.map(([name]) => name).join(", ")}`;
}

function fitsType({ type }: StructuralSchema, value: unknown): boolean {
  if (typeof value === "number") return type === "number" || (type === "integer" && Number.isInteger(value));
  return typeof value === type;
}

/** Formats a scalar in YAML; undefined for one that is too long. */
function repeated(value: unknown): string | undefined {
  if (typeof value !== "string") return String(value);
  if (value.length > REPEATED_CHARACTERS) return undefined;
  return quote(value);
}

/** Whether a text has to be a duration, which Istio's CRDs say by a CEL rule. */
function isDuration(schema: StructuralSchema): boolean {
  return (schema["x-kubernetes-validations"] ?? []).some(({ rule }) => rule.includes("duration(self)"));
}
