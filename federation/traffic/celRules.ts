import {
  type CelInput,
  CelScalar,
  celEnv,
  celFunc,
  celMethod,
  isCelError,
  mapType,
  parse,
  plan,
} from "@bufbuild/cel";
import { strings } from "@bufbuild/cel/ext";
import { pathOf } from "../core/fault.ts";
import { fieldSchema, isMap, type PathKey, type StructuralSchema, type ValidationRule } from "./crd.ts";
import type { LocatedFault } from "./schemaFaults.ts";

/** A place of a schema that has CEL rules at it or below it, with the rules compiled. */
export interface RuledSchema {
  readonly schema: StructuralSchema;
  readonly rules: readonly CompiledRule[];
  readonly properties: ReadonlyMap<string, RuledSchema>;
  /** Schema of the entries of a list or of a map with any keys. */
  readonly entries: RuledSchema | undefined;
}

/** Returns the message of a rule that a value breaks. */
type CompiledRule = (self: CelInput) => string | undefined;

type Expression = (self: CelInput) => unknown;

/** A URL as {@link KUBERNETES_FUNCTIONS} pass it on. */
const URL_TYPE = mapType(CelScalar.STRING, CelScalar.STRING);

/** Functions of Kubernetes beside CEL's own, as far as Istio's rules use them. */
const KUBERNETES_FUNCTIONS = [
  celFunc("isURL", [CelScalar.STRING], CelScalar.BOOL, (text) => parseUrl(text) !== undefined),
  celFunc("url", [CelScalar.STRING], URL_TYPE, (text) => {
    const url = parseUrl(text);
    if (url === undefined) throw new Error("is not a URL");
    return url;
  }),
  celMethod("getScheme", URL_TYPE, [], CelScalar.STRING, function () {
    const scheme = this.get("scheme");
    return typeof scheme === "string" ? scheme : "";
  }),
];

const ENVIRONMENT = celEnv({ funcs: [...strings, ...KUBERNETES_FUNCTIONS] });

/** Errors that are no fault of the object: the expression uses what this evaluator lacks, and the API server has. */
const UNSUPPORTED = /unbound function|no matching overload|unresolved attribute/;

/** Compiles the CEL rules of a schema; undefined without rules. Rules that compare with the stored object are left to the API server. */
export function compileRules(schema: StructuralSchema): RuledSchema | undefined {
  const rules = (schema["x-kubernetes-validations"] ?? []).flatMap((rule) => compileRule(rule) ?? []);
  const { properties = {}, items, additionalProperties } = schema;
  const inner = new Map<string, RuledSchema>();
  for (const [field, each] of Object.entries(properties)) {
    const ruled = compileRules(each);
    if (ruled !== undefined) inner.set(field, ruled);
  }
  const ofEntries = items ?? (typeof additionalProperties === "object" ? additionalProperties : undefined);
  const entries = ofEntries === undefined ? undefined : compileRules(ofEntries);
  if (rules.length === 0 && inner.size === 0 && entries === undefined) return undefined;
  return { schema, rules, properties: inner, entries };
}

/**
 * Returns the faults of the CEL rules that an object breaks.
 * @param isFaulty whether the schema's validation found a fault at or below a path: its rules are then not evaluated.
 */
export function ruleFaults(
  { schema, rules, properties, entries }: RuledSchema,
  value: unknown,
  isFaulty: (path: readonly PathKey[]) => boolean,
  path: readonly PathKey[] = [],
): LocatedFault[] {
  if (value === undefined || value === null) return [];
  const messages = rules.length === 0 || isFaulty(path) ? [] : brokenRules(rules, toCel(value, schema));
  const own = messages.map((message) => ruleFault(path, value, message));
  const inner = Array.isArray(value)
    ? value.map((entry: unknown, index) => [index, entry, entries] as const)
    : isMap(value)
      ? Object.entries(value).map(([key, entry]) => [key, entry, properties.get(key) ?? entries] as const)
      : [];
  return [
    ...own,
    ...inner.flatMap(([key, entry, ruled]) =>
      ruled === undefined ? [] : ruleFaults(ruled, entry, isFaulty, [...path, key]),
    ),
  ];
}

/** Returns the messages of the rules that a value breaks, each once. */
function brokenRules(rules: readonly CompiledRule[], self: CelInput): string[] {
  return [...new Set(rules.map((complaint) => complaint(self)).filter((message) => message !== undefined))];
}

function ruleFault(keys: readonly PathKey[], value: unknown, message: string): LocatedFault {
  const rule = message.startsWith("must ") ? message : `is refused by the CRD: ${message}`;
  const given = typeof value === "object" ? {} : { value };
  return { keys, fault: { path: pathOf(...keys), ...given, rule, remedy: remedyOf(message) } };
}

/** Remedies by the messages of Istio's rules. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [/valid duration/, "Write a number with its unit, such as 5s, 500ms or 1h30m"],
  [/^only one of /, "Keep one of them"],
  [/url must have sch/, "Write such a URL"],
  [/must be between/, "Choose such a number"],
];

function remedyOf(message: string): string {
  return REMEDIES.find(([pattern]) => pattern.test(message))?.[1] ?? "Correct it";
}

/** Compiles a rule; undefined for one that compares with the stored object. */
function compileRule({ rule, message, messageExpression }: ValidationRule): CompiledRule | undefined {
  if (/\boldSelf\b/.test(rule)) return undefined;
  const evaluate = compileExpression(rule);
  const describe = messageExpression === undefined ? () => undefined : compileExpression(messageExpression);
  return (self) => {
    const result = evaluate(self);
    if (result === true || (isCelError(result) && UNSUPPORTED.test(result.message))) return undefined;
    const described = describe(self);
    return isMessage(described) ? described : (message ?? `failed rule: ${rule}`);
  };
}

/** Longest message that an expression builds of an object's texts. */
const MESSAGE_CHARACTERS = 300;

/** Whether the result of a message's expression is one printable line. */
function isMessage(described: unknown): described is string {
  return (
    typeof described === "string" &&
    described.length <= MESSAGE_CHARACTERS &&
    !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(described)
  );
}

/** Compiles an expression when it is evaluated first: most rules of a kind concern fields that few objects have. */
function compileExpression(text: string): Expression {
  let compiled: Expression | undefined;
  return (self) => (compiled ??= parseExpression(text))(self);
}

/** Parses an expression; one whose syntax the evaluator lacks is true. */
function parseExpression(text: string): Expression {
  try {
    const evaluate = plan(ENVIRONMENT, parse(text));
    return (self) => evaluate({ self });
  } catch {
    return () => true;
  }
}

/** Converts a value to CEL's types, which the schema decides: a whole number is an int in a field of type integer, else a double. */
function toCel(value: unknown, schema: StructuralSchema | undefined): CelInput {
  if (typeof value === "number") {
    const isInt = schema?.type !== "number" && Number.isInteger(value);
    return isInt ? BigInt(value) : value;
  }
  if (Array.isArray(value)) return value.map((entry: unknown) => toCel(entry, schema?.items));
  if (isMap(value)) {
    const isObject = schema?.properties !== undefined;
    const entries = Object.entries(value).map(([key, entry]) => {
      const inner = schema === undefined ? undefined : fieldSchema(schema, key);
      return [isObject ? escaped(key) : key, toCel(entry, inner)] as const;
    });
    return new Map(entries);
  }
  return value as string | boolean | null;
}

/** Words of CEL that are no identifiers; a rule writes `self.__namespace__` for such a field. */
const RESERVED =
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  );

/** Escapes the name of a field as Kubernetes does for rules. */
function escaped(field: string): string {
  if (RESERVED.includes(field)) return `__${field}__`;
  return field
    .replaceAll("__", "__underscores__")
    .replaceAll(".", "__dot__")
    .replaceAll("-", "__dash__")
    .replaceAll("/", "__slash__");
}

/** Parses an absolute URL or an absolute path, as Go's `url.ParseRequestURI` does. */
function parseUrl(text: string): { scheme: string } | undefined {
  if (text.startsWith("/")) return { scheme: "" };
  const url = URL.parse(text);
  return url === null ? undefined : { scheme: url.protocol.slice(0, -1) };
}
