import structPb, { type JavaScriptValue, type Struct } from "google-protobuf/google/protobuf/struct_pb.js";

// The marks of Pulumi's wire format: sdk/go/common/resource/properties.go and plugin/rpc.go in pulumi/pulumi.
const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";
const OUTPUT_SIGNATURE = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
const UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const UNKNOWN_STRINGS: ReadonlySet<string> = new Set([
  UNKNOWN_STRING,
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7", // bool
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421", // number
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2", // array
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff", // object
]);

/** A property value; secretness and not being known are part of it. */
export type Value = null | boolean | number | string | Unknown | Secret | readonly Value[] | Properties;

/** The properties of a resource. A key whose value is `undefined` is left out on the wire. */
export interface Properties {
  readonly [key: string]: Value | undefined;
}

/** A value which the engine encrypts in state and hides in output. */
export class Secret {
  readonly value: Value;

  constructor(value: Value) {
    this.value = value instanceof Secret ? value.value : value;
  }
}

/** The class of UNKNOWN. */
export class Unknown {
  readonly #text = "unknown";

  toString(): string {
    return this.#text;
  }
}

/** A value that preview does not know yet. */
export const UNKNOWN = new Unknown();

/** Whether a value is an object of properties: neither a list nor a secret nor unknown nor null. */
export function isProperties(value: unknown): value is Properties {
  const special = value === null || value === UNKNOWN || value instanceof Secret || Array.isArray(value);
  return typeof value === "object" && !special;
}

/** Reads a message's properties; an absent message has none. */
export function decode(struct: Struct | undefined): Properties {
  return struct === undefined ? {} : mapValues(struct.toJavaScript(), decodeValue);
}

/** Writes properties as a message. */
export function encode(properties: Properties): Struct {
  return structPb.Struct.fromJavaScript(mapValues(properties, encodeValue));
}

/** The value without secret marks, at any depth. */
export function reveal<T extends Value | undefined>(value: T): Exclude<T, Secret> {
  return revealValue(value) as Exclude<T, Secret>;
}

/** Whether anything in the value is not known yet. */
export function hasUnknown(value: Value | undefined): boolean {
  if (value === UNKNOWN) return true;
  if (value instanceof Secret) return hasUnknown(value.value);
  if (Array.isArray(value)) return value.some(hasUnknown);
  return isProperties(value) && Object.values(value).some(hasUnknown);
}

/** Whether anything in the value is a secret. */
export function hasSecret(value: Value | undefined): boolean {
  if (Array.isArray(value)) return value.some(hasSecret);
  return value instanceof Secret || (isProperties(value) && Object.values(value).some(hasSecret));
}

/** The value with a secret mark wherever `marked` has one at the same place; a list is marked as a whole. */
export function markSecrets(value: Value, marked: Value | undefined): Value {
  if (value instanceof Secret) return value;
  if (marked instanceof Secret || (Array.isArray(marked) && hasSecret(marked))) return new Secret(value);
  if (isProperties(value) && isProperties(marked))
    return mapValues(value, (item, key) => markSecrets(item, marked[key]));
  return value;
}

/** Applies `change` to each value of an object; keys without a value are dropped. */
export function mapValues<T, U>(
  object: { readonly [key: string]: T | undefined },
  change: (value: T, key: string) => U,
) {
  const result: Record<string, U> = {};
  for (const [key, value] of Object.entries(object)) {
    if (value !== undefined) result[key] = change(value, key);
  }
  return result;
}

/** Merges two objects at all depths; values of the second win. */
export function mergeProperties(base: Properties, over: Properties): Properties {
  const result: Record<string, Value | undefined> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const mine = result[key];
    result[key] = isProperties(mine) && isProperties(value) ? mergeProperties(mine, value) : value;
  }
  return result;
}

function revealValue(value: Value | undefined): Value | undefined {
  if (value instanceof Secret) return revealValue(value.value);
  if (Array.isArray(value)) return value.map((item: Value) => revealValue(item) ?? null);
  return isProperties(value) ? mapValues(value, (item) => revealValue(item) ?? null) : value;
}

function decodeValue(value: JavaScriptValue): Value {
  if (typeof value === "string") return UNKNOWN_STRINGS.has(value) ? UNKNOWN : value;
  if (Array.isArray(value)) return value.map(decodeValue);
  if (typeof value !== "object" || value === null) return value;
  const object = value as Record<string, JavaScriptValue>;
  if (object[SIGNATURE_KEY] === SECRET_SIGNATURE) return new Secret(decodeValue(object["value"] ?? null));
  if (object[SIGNATURE_KEY] === OUTPUT_SIGNATURE) {
    const inner = "value" in object ? decodeValue(object["value"] ?? null) : UNKNOWN;
    return object["secret"] === true ? new Secret(inner) : inner;
  }
  return mapValues(object, decodeValue);
}

function encodeValue(value: Value): JavaScriptValue {
  if (value === UNKNOWN) return UNKNOWN_STRING;
  if (value instanceof Secret) return { [SIGNATURE_KEY]: SECRET_SIGNATURE, value: encodeValue(value.value) };
  if (Array.isArray(value)) return value.map(encodeValue);
  return isProperties(value) ? mapValues(value, encodeValue) : (value as JavaScriptValue);
}

/** Change of one property. */
export type Change = "add" | "delete" | "update";

/** Changed properties by their path, as the engine writes paths: `spec.ports[0].name`, `metadata.labels["a.b/c"]`. */
export type Differences = Record<string, Change>;

/**
 * Compares two values, without regard to secret marks.
 * A value that is not known yet differs from everything; null and absent are the same.
 */
export function differences(before: Value | undefined, after: Value | undefined, path = ""): Differences {
  const old = reveal(before) ?? undefined;
  const now = reveal(after) ?? undefined;
  if (old === undefined || now === undefined)
    return old === now ? {} : { [path]: old === undefined ? "add" : "delete" };
  if (isList(old) && isList(now)) {
    const length = Math.max(old.length, now.length);
    return Object.assign(
      {},
      ...Array.from({ length }, (_, index) => differences(old[index], now[index], `${path}[${index}]`)),
    ) as Differences;
  }
  if (isProperties(old) && isProperties(now)) {
    const keys = [...new Set([...Object.keys(old), ...Object.keys(now)])].sort();
    return Object.assign(
      {},
      ...keys.map((key) => differences(old[key], now[key], step(path, key))),
    ) as Differences;
  }
  return old === now && old !== UNKNOWN ? {} : { [path]: "update" };
}

/** Whether two values are the same, secret marks apart. */
export function same(before: Value | undefined, after: Value | undefined): boolean {
  return Object.keys(differences(before, after)).length === 0;
}

/** The first key of a path: `spec` of `spec.ports[0]`. */
export function rootOf(path: string): string {
  return /^(?:\["((?:[^"\\]|\\.)*)"\]|[^.[]+)/.exec(path)?.[0] ?? path;
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

function step(path: string, key: string): string {
  if (!/^[A-Za-z_$][\w$]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}
