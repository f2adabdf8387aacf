import { Ajv, type ErrorObject } from "ajv";
import { mapRecord } from "../core/order.ts";
import { isMap, type StructuralSchema } from "./crd.ts";

/** Fields of which a map has one at most (or exactly one): Istio's `oneof`. */
export interface ExclusiveFields {
  readonly fields: readonly string[];
  /** Whether the map may have none of them. */
  readonly isOptional: boolean;
}

/** Keywords of the JSON Schema that {@link toJsonSchema} writes; values as in a structural schema. */
interface JsonSchema {
  [keyword: string]: unknown;
}

/** Keywords that JSON Schema and structural schemas have in common. */
const COMMON_KEYWORDS = [
  "required",
  "minimum",
  "maximum",
  "multipleOf",
  "minLength",
  "maxLength",
  "minItems",
  "maxItems",
  "minProperties",
  "maxProperties",
] as const;

/** Largest numbers of integer formats, which begin at minus one less. */
const INT32 = 2 ** 31;
const INT64 = 2 ** 63;

/** Formats of texts and numbers that the API server checks, as far as CRDs of Istio and the Gateway API use them. */
const FORMATS = {
  int32: { type: "number", validate: (value: number) => value >= -INT32 && value < INT32 },
  int64: { type: "number", validate: (value: number) => value >= -INT64 && value < INT64 },
  byte: /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
  "date-time": {
    type: "string",
    validate: (text: string) =>
      /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/.test(text) &&
      !Number.isNaN(Date.parse(text)),
  },
} as const;

/** An error of a validation, with the wrong value and its schema. */
export type SchemaError = ErrorObject<string, Record<string, unknown>>;

/** Compiles a schema to a function that returns the errors of a value. */
export function compileSchema(schema: StructuralSchema): (value: unknown) => readonly SchemaError[] {
  const ajv: Ajv = new Ajv({
    allErrors: true,
    verbose: true,
    strict: false,
    validateSchema: false,
    messages: false,
    logger: false,
    ownProperties: true,
    unicodeRegExp: false,
    formats: FORMATS,
  });
  ajv.addKeyword({
    keyword: "exclusiveFields",
    type: "object",
    validate: ({ fields, isOptional }: ExclusiveFields, value: object) => {
      const set = fields.filter((field) => Object.hasOwn(value, field));
      return set.length === 1 || (isOptional && set.length === 0);
    },
    errors: false,
  });
  ajv.addKeyword({
    keyword: "uniqueKeys",
    type: "array",
    validate: (keys: readonly string[], entries: readonly unknown[]) =>
      duplicateOf(entries, keys) === undefined,
    errors: false,
  });
  ajv.addKeyword({
    keyword: "alternatives",
    // Compiled apart, so that the errors of each alternative are not reported.
    compile: (alternatives: JsonSchema) => {
      const isValid = ajv.compile(alternatives);
      return (value: unknown) => isValid(value);
    },
    errors: false,
  });
  const isValid = ajv.compile(toJsonSchema(schema));
  return (value) => (isValid(value) ? [] : ((isValid.errors ?? []) as SchemaError[]));
}

/** Finds an entry of a list of maps whose keys an earlier entry has. */
export function duplicateOf(entries: readonly unknown[], keys: readonly string[]): number | undefined {
  const seen = new Set<string>();
  for (const [index, entry] of entries.entries()) {
    if (!isMap(entry)) continue;
    const identity = JSON.stringify(keys.map((key) => entry[key] ?? null));
    if (seen.has(identity)) return index;
    seen.add(identity);
  }
  return undefined;
}

/** Converts a structural schema; unknown fields are pruned beforehand, so that none is refused. */
function toJsonSchema(schema: StructuralSchema): JsonSchema {
  const { properties, items, additionalProperties, allOf = [] } = schema;
  const converted: JsonSchema = {};
  for (const keyword of COMMON_KEYWORDS) {
    if (schema[keyword] !== undefined) converted[keyword] = schema[keyword];
  }
  const type = schema["x-kubernetes-int-or-string"] === true ? ["integer", "string"] : schema.type;
  if (type !== undefined) converted["type"] = schema.nullable === true ? [type, "null"].flat() : type;
  if (schema.enum !== undefined)
    converted["enum"] = schema.nullable === true ? [...schema.enum, null] : schema.enum;
  if (schema.format !== undefined && Object.hasOwn(FORMATS, schema.format))
    converted["format"] = schema.format;
  if (schema.pattern !== undefined && isJavaScriptPattern(schema.pattern))
    converted["pattern"] = schema.pattern;
  if (schema["exclusiveMinimum"] === true) moveBound(converted, "minimum", "exclusiveMinimum");
  if (schema["exclusiveMaximum"] === true) moveBound(converted, "maximum", "exclusiveMaximum");
  if (properties !== undefined) converted["properties"] = mapRecord(properties, toJsonSchema);
  if (items !== undefined) converted["items"] = toJsonSchema(items);
  if (typeof additionalProperties === "object")
    converted["additionalProperties"] = toJsonSchema(additionalProperties);
  const keys = schema["x-kubernetes-list-map-keys"];
  if (schema["x-kubernetes-list-type"] === "map" && keys !== undefined) converted["uniqueKeys"] = keys;
  if (schema["x-kubernetes-list-type"] === "set" || schema["uniqueItems"] === true)
    converted["uniqueItems"] = true;
  const conditions = [...allOf.map(toJsonSchema), ...alternativesOf(schema)];
  if (conditions.length > 0) converted["allOf"] = conditions;
  return converted;
}

function moveBound(schema: JsonSchema, from: string, to: string): void {
  schema[to] = schema[from];
  Reflect.deleteProperty(schema, from);
}

/** Converts what a schema says by `oneOf`, `anyOf` and `not`. */
function alternativesOf(schema: StructuralSchema): JsonSchema[] {
  const { oneOf, anyOf, not } = schema;
  const conditions: JsonSchema[] = [];
  if (oneOf !== undefined) {
    const exclusiveFields = toExclusiveFields(oneOf);
    conditions.push(
      exclusiveFields === undefined
        ? { alternatives: { oneOf: oneOf.map(toJsonSchema) } }
        : { exclusiveFields },
    );
  }
  // The types of int-or-string are written once more there.
  if (anyOf !== undefined && schema["x-kubernetes-int-or-string"] !== true) {
    conditions.push({ alternatives: { anyOf: anyOf.map(toJsonSchema) } });
  }
  if (not !== undefined) conditions.push({ alternatives: { not: toJsonSchema(not) } });
  return conditions;
}

/** Reads the `oneOf` by which Istio's CRDs say that a map has one of several fields, or none. */
function toExclusiveFields(oneOf: readonly StructuralSchema[]): ExclusiveFields | undefined {
  const fields = oneOf.map(requiredField).filter((field) => field !== undefined);
  const others = oneOf.filter((each) => requiredField(each) === undefined);
  const [none] = others;
  if (others.length > 1) return undefined;
  if (none === undefined) return { fields, isOptional: false };
  const excluded = (none.not?.anyOf ?? []).map(requiredField);
  const isNone = excluded.length === fields.length && fields.every((field) => excluded.includes(field));
  return isNone ? { fields, isOptional: true } : undefined;
}

/** Returns the field of a schema that says no more than `required: [field]`. */
function requiredField(schema: StructuralSchema): string | undefined {
  const [field, ...more] = schema.required ?? [];
  return Object.keys(schema).length === 1 && more.length === 0 ? field : undefined;
}

/** Whether JavaScript reads a pattern of Go's syntax alike: inline flags and named classes are Go's own. */
function isJavaScriptPattern(pattern: string): boolean {
  if (/\[\[:|\(\?[^:]|\\[AzQEpPC]/.test(pattern)) return false;
  try {
    return new RegExp(pattern) instanceof RegExp;
  } catch {
    return false;
  }
}
