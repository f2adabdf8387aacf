import * as z from "zod";
import { withoutUndefined } from "../core/order.ts";
import { contractSections } from "./contractStack.ts";
import { rootSections } from "./rootStack.ts";
import { sections, CONFIG_NAMESPACE } from "./stackConfig.ts";

/** A JSON Schema, with what this program's schemas add for docs: see {@link configSchemas}. */
export interface JsonSchema {
  [keyword: string]: unknown;
  description?: string;
  /** The default in words, where it is no value. */
  defaultsTo?: string;
  /** The page of docs/ that has more. */
  page?: string;
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema;
  required?: string[];
  const?: string | number | boolean;
  minimum?: number;
  maximum?: number;
}

/** The JSON Schema of each section as a stack file has it, by its key. */
export function configSchemas(): Record<string, JsonSchema> {
  const options = { io: "input", target: "draft-7", unrepresentable: "any" } as const;
  return mapValues({ ...sections, ...rootSections, ...contractSections }, (schema) =>
    omit(z.toJSONSchema(schema, options) as JsonSchema, "$schema"),
  );
}

const SECURE = { $ref: "#/definitions/secure" };

/**
 * Returns the JSON Schema of a whole stack file, `Pulumi.<stack>.yaml`, by which editors complete and check it. Keys of other namespaces may
 * have any value; each section and text of ours may be a secret.
 */
export function stackFileSchema(): JsonSchema {
  const schemas = configSchemas();
  const keys = Object.keys(schemas);
  const prefixed = (key: string): string => `${CONFIG_NAMESPACE}:${key}`;
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Pulumi stack file of istio-federation",
    type: "object",
    properties: {
      config: {
        type: "object",
        description: "Config of the stack, see docs/config.md.",
        properties: Object.fromEntries(keys.map((key) => [prefixed(key), toSection(schemas[key] ?? {})])),
        patternProperties: { [`^${CONFIG_NAMESPACE}:(?!(?:${keys.join("|")})$)`]: false },
        anyOf: [
          { required: ["cluster", "kubeconfig"].map(prefixed) },
          { required: ["rootAuthority"].map(prefixed) },
          { required: ["contractOf"].map(prefixed) },
        ],
      },
    },
    required: ["config"],
    definitions: {
      secure: {
        description: "A secret, as `pulumi config set --secret` writes it.",
        type: "object",
        properties: { secure: { type: "string" } },
        required: ["secure"],
        additionalProperties: false,
      },
    },
  };
}

/** A section may be a secret as a whole. `if` instead of `anyOf`: editors then report what is wrong in the section itself. */
function toSection(schema: JsonSchema): JsonSchema {
  const { description = "", ...rest } = forEditors(schema);
  return { description, if: { type: "object", required: ["secure"] }, then: SECURE, else: rest };
}

/** The schema with defaults in the descriptions, secrets allowed for texts, and without what only docs need. */
function forEditors(schema: JsonSchema): JsonSchema {
  const { defaultsTo, description, properties, items, additionalProperties, default: given } = schema;
  const rest = omit(schema, "defaultsTo", "description", "page", "propertyNames", "default");
  const isScalar = given !== undefined && typeof given !== "object";
  const about = [description ?? [], defaultsTo === undefined ? [] : `Default: ${defaultsTo}.`]
    .flat()
    .join(" ");
  const common = withoutUndefined({ description: about || undefined, default: isScalar ? given : undefined });
  if (rest["type"] === "string" && rest["enum"] === undefined) return { ...common, anyOf: [rest, SECURE] };
  return withoutUndefined({
    ...common,
    ...rest,
    properties: properties && mapValues(properties, forEditors),
    items: items && forEditors(items),
    additionalProperties:
      typeof additionalProperties === "object" ? forEditors(additionalProperties) : additionalProperties,
  });
}

function omit(schema: JsonSchema, ...keywords: string[]): JsonSchema {
  return Object.fromEntries(Object.entries(schema).filter(([keyword]) => !keywords.includes(keyword)));
}

function mapValues<T, U>(map: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));
}
