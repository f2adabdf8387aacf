import { mapRecord, ownValue } from "../core/order.ts";

/** Structural schema of a CustomResourceDefinition (OpenAPI v3), without descriptions. */
export interface StructuralSchema {
  readonly type?: string;
  readonly nullable?: boolean;
  readonly default?: unknown;
  readonly format?: string;
  readonly pattern?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, StructuralSchema>>;
  readonly additionalProperties?: StructuralSchema | boolean;
  readonly required?: readonly string[];
  readonly items?: StructuralSchema;
  readonly oneOf?: readonly StructuralSchema[];
  readonly anyOf?: readonly StructuralSchema[];
  readonly allOf?: readonly StructuralSchema[];
  readonly not?: StructuralSchema;
  readonly "x-kubernetes-int-or-string"?: boolean;
  readonly "x-kubernetes-preserve-unknown-fields"?: boolean;
  readonly "x-kubernetes-list-type"?: string;
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-validations"?: readonly ValidationRule[];
  readonly [keyword: string]: unknown;
}

/** CEL rule of a schema. */
export interface ValidationRule {
  readonly rule: string;
  readonly message?: string;
  readonly messageExpression?: string;
}

/** A version of a kind. */
export interface CrdVersion {
  /** `v1` */
  readonly name: string;
  readonly schema: StructuralSchema;
}

/** Schemas of a CustomResourceDefinition, as plain data. */
export interface Crd {
  /** `networking.istio.io` */
  readonly group: string;
  /** `VirtualService` */
  readonly kind: string;
  /** `virtualservices` */
  readonly plural: string;
  readonly isNamespaced: boolean;
  /** Versions that the API server serves; of Istio's kinds, whose versions all have one schema, the current one. */
  readonly versions: readonly CrdVersion[];
}

/** The fields of a CustomResourceDefinition that {@link toCrd} reads. */
export interface CustomResourceDefinition {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string; readonly plural: string };
    readonly scope: string;
    readonly versions: readonly {
      readonly name: string;
      readonly served: boolean;
      readonly storage: boolean;
      readonly schema?: { readonly openAPIV3Schema?: StructuralSchema };
    }[];
  };
}

/** Schema of an object whose fields are not known. */
const ANY_OBJECT: StructuralSchema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };

/** Keywords without effect on validation. */
const ANNOTATIONS = ["description", "title", "example", "externalDocs", "x-kubernetes-map-type"];

/** Keywords whose value is a schema. */
const SCHEMA_KEYWORDS = ["items", "additionalProperties", "not"];

/** Keywords whose value is a list of schemas. */
const LIST_KEYWORDS = ["oneOf", "anyOf", "allOf"];

/** Reads the served versions of a CustomResourceDefinition; descriptions and the status are dropped. */
export function toCrd({ spec }: CustomResourceDefinition): Crd {
  const { group, names, scope } = spec;
  const served = spec.versions.filter((version) => version.served);
  const current =
    served.find(({ name }) => name === "v1") ?? served.find(({ storage }) => storage) ?? served[0];
  const kept = isIstioGroup(group) && current !== undefined ? [current] : served;
  const versions = kept.map(({ name, schema }) => ({ name, schema: specSchema(schema?.openAPIV3Schema) }));
  return { group, kind: names.kind, plural: names.plural, isNamespaced: scope === "Namespaced", versions };
}

/** Whether all versions of a group's kinds have one schema. */
export function isIstioGroup(group: string): boolean {
  return group.endsWith(".istio.io");
}

function specSchema(schema: StructuralSchema = ANY_OBJECT): StructuralSchema {
  const { properties = {}, ...rest } = schema;
  const { status: _status, ...fields } = properties;
  return withoutDescriptions({ ...rest, properties: fields });
}

function withoutDescriptions(schema: StructuralSchema): StructuralSchema {
  const kept = Object.entries(schema).filter(([keyword]) => !ANNOTATIONS.includes(keyword));
  return Object.fromEntries(kept.map(([keyword, value]) => [keyword, strippedKeyword(keyword, value)]));
}

function strippedKeyword(keyword: string, value: unknown): unknown {
  if (keyword === "properties")
    return mapRecord(value as Record<string, StructuralSchema>, withoutDescriptions);
  if (LIST_KEYWORDS.includes(keyword)) return (value as StructuralSchema[]).map(withoutDescriptions);
  if (SCHEMA_KEYWORDS.includes(keyword) && typeof value === "object") {
    return withoutDescriptions(value as StructuralSchema);
  }
  return value;
}

/** Returns the schema of a map's field; undefined for an unknown one. */
export function fieldSchema(schema: StructuralSchema, field: string): StructuralSchema | undefined {
  const { properties = {}, additionalProperties } = schema;
  const own = ownValue(properties, field);
  if (own !== undefined) return own;
  if (typeof additionalProperties === "object") return additionalProperties;
  const isOpen = additionalProperties === true || schema["x-kubernetes-preserve-unknown-fields"] === true;
  return isOpen ? ANY_VALUE : undefined;
}

/** Returns a value with the defaults of a schema, as the API server writes them into new objects. */
export function withDefaults(value: unknown, schema: StructuralSchema): unknown {
  if (Array.isArray(value)) return value.map((item) => withDefaults(item, schema.items ?? {}));
  if (!isMap(value)) return value;
  const missing = Object.entries(schema.properties ?? {}).filter(
    ([field, { default: given }]) => given !== undefined && value[field] === undefined,
  );
  const whole = { ...value, ...Object.fromEntries(missing.map(([field, own]) => [field, own.default])) };
  return mapRecord(whole, (item, field) => withDefaults(item, fieldSchema(schema, field) ?? {}));
}

/** Whether a schema is that of a map from any key to text, such as labels. */
export function takesTexts({ additionalProperties }: StructuralSchema): boolean {
  return typeof additionalProperties === "object" && additionalProperties.type === "string";
}

/** Schema of any value. */
const ANY_VALUE: StructuralSchema = { "x-kubernetes-preserve-unknown-fields": true };

/** A step of a path within an object: the field of a map or the index of a list. */
export type PathKey = string | number;

/** Whether a value is a map. */
export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const TEXT: StructuralSchema = { type: "string" };
const TEXTS: StructuralSchema = { type: "object", additionalProperties: TEXT };
const OBJECTS: StructuralSchema = { type: "array", items: ANY_OBJECT };

/** Fields of the metadata of all objects, with those that the API server writes itself. */
export const METADATA_FIELDS: Readonly<Record<string, StructuralSchema>> = {
  name: { ...TEXT, minLength: 1 },
  namespace: TEXT,
  labels: TEXTS,
  annotations: TEXTS,
  finalizers: { type: "array", items: TEXT },
  ownerReferences: OBJECTS,
  managedFields: OBJECTS,
  creationTimestamp: { ...TEXT, nullable: true },
  deletionTimestamp: { ...TEXT, nullable: true },
  deletionGracePeriodSeconds: { type: "integer" },
  generateName: TEXT,
  generation: { type: "integer" },
  resourceVersion: TEXT,
  selfLink: TEXT,
  uid: TEXT,
};
