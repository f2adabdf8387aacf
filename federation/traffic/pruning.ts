import { ownValue } from "../core/order.ts";
import { type PathKey, type StructuralSchema, fieldSchema, isMap } from "./crd.ts";

/** A map within an object, with its schema. */
export interface SchemaPlace {
  readonly path: readonly PathKey[];
  readonly schema: StructuralSchema;
  readonly value: unknown;
}

/** A field that its map's schema does not have. */
export interface UnknownField {
  readonly name: string;
  /** The maps and lists around the field, from the object itself to the map that has the field. */
  readonly places: readonly SchemaPlace[];
}

/** An object as the API server stores it, see {@link pruneObject}. */
export interface PrunedObject {
  readonly value: unknown;
  readonly unknownFields: readonly UnknownField[];
}

/** Removes unknown fields and nulls, and adds defaults, as the API server does before it validates an object. */
export function pruneObject(object: unknown, schema: StructuralSchema): PrunedObject {
  const unknownFields: UnknownField[] = [];
  const value = pruneValue({ path: [], schema, value: object }, [], unknownFields);
  return { value, unknownFields };
}

function pruneValue(
  place: SchemaPlace,
  outer: readonly SchemaPlace[],
  unknownFields: UnknownField[],
): unknown {
  const { path, schema, value } = place;
  const places = [...outer, place];
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return value;
    return value.map((entry: unknown, index) =>
      pruneValue({ path: [...path, index], schema: items, value: entry }, places, unknownFields),
    );
  }
  if (!isMap(value) || !mayBeMap(schema)) return value;
  const entries: [string, unknown][] = [];
  for (const [key, given] of Object.entries(value)) {
    const inner = fieldSchema(schema, key);
    if (inner === undefined) {
      unknownFields.push({ name: key, places });
      continue;
    }
    const isNull = given === null && inner.nullable !== true && mayBePruned(schema, key);
    const kept = isNull ? inner.default : given;
    if (kept === undefined) continue;
    const innerPlace = { path: [...path, key], schema: inner, value: kept };
    entries.push([key, pruneValue(innerPlace, places, unknownFields)]);
  }
  for (const [key, inner] of Object.entries(schema.properties ?? {})) {
    if (inner.default === undefined || Object.hasOwn(value, key)) continue;
    const innerPlace = { path: [...path, key], schema: inner, value: inner.default };
    entries.push([key, pruneValue(innerPlace, places, unknownFields)]);
  }
  return Object.fromEntries(entries);
}

/** Whether a schema accepts maps; fields within a text or a list are reported as a wrong type. */
function mayBeMap({ type, properties, additionalProperties }: StructuralSchema): boolean {
  return type === "object" || properties !== undefined || additionalProperties !== undefined;
}

/** Whether the API server drops a null: only in fields that the schema declares. */
function mayBePruned({ properties = {}, additionalProperties }: StructuralSchema, key: string): boolean {
  return ownValue(properties, key) !== undefined || typeof additionalProperties === "object";
}
