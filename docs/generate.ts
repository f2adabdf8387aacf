import { readFileSync, writeFileSync } from "node:fs";
import { format, resolveConfig } from "prettier";
import { parseDocument } from "yaml";
import { type JsonSchema, configSchemas, stackFileSchema } from "../federation/config/stackFile.ts";

/** `npm run docs`: writes what docs and editors show of the config from its schemas. A test fails when a file is stale. */

const ROOT = new URL("..", import.meta.url);

/** A row of a table of docs/config.md. */
interface Row {
  field: string;
  schema: JsonSchema;
  required: boolean;
}

/** The files that are generated, by their paths from the repository's root on. */
export async function generatedFiles(): Promise<Record<string, string>> {
  const { rootAuthority = {}, ...cluster } = configSchemas();
  const config = read("docs/config.md");
  const tables = { cluster, root: { rootAuthority } };
  const filled = Object.entries(tables).reduce(
    (text, [name, schemas]) => fill(text, name, Object.entries(schemas).map(renderSection).join("\n\n")),
    config,
  );
  return {
    "docs/config.md": await formatted("docs/config.md", filled),
    "stacks/stack.schema.json": await formatted(
      "stacks/stack.schema.json",
      JSON.stringify(stackFileSchema()),
    ),
    "Pulumi.yaml": await formatted(
      "Pulumi.yaml",
      withDescriptions(read("Pulumi.yaml"), { ...cluster, rootAuthority }),
    ),
  };
}

function read(path: string): string {
  return readFileSync(new URL(path, ROOT), "utf8");
}

/** Pulumi.yaml with a sentence for each config key. */
function withDescriptions(project: string, schemas: Readonly<Record<string, JsonSchema>>): string {
  const document = parseDocument(project);
  for (const [key, { description = "" }] of Object.entries(schemas)) {
    const about = `${description} See docs/config.md#${key.toLowerCase()}`;
    document.setIn(["config", key, "description"], about);
  }
  return document.toString({ lineWidth: 0 });
}

async function formatted(path: string, text: string): Promise<string> {
  const filepath = new URL(path, ROOT).pathname;
  return format(text, { ...(await resolveConfig(filepath)), filepath });
}

/** Replaces the text between a pair of markers. */
function fill(text: string, name: string, content: string): string {
  const [begin, end] = [`<!-- generated: ${name} (npm run docs) -->`, `<!-- end: ${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/config.md has no markers '${begin}' and '${end}'`);
  return `${text.slice(0, from)}${begin}\n\n${content}\n\n${text.slice(to)}`;
}

function renderSection([key, schema]: [string, JsonSchema]): string {
  const rows = rowsIn(schema, "");
  const { description = "", page } = schema;
  const about = page === undefined ? description : `${description} ${link(page)}`;
  if (rows.length === 0)
    return `### \`${key}\`\n\n${about} Values: ${values(schema)}. Default: ${byDefault(schema)}.`;
  const lines = rows.map(({ field, schema: inner, required }) => {
    const more = inner.page === undefined ? "" : ` ${link(inner.page)}`;
    const cells = [`\`${field}\``, `${inner.description ?? ""}${more}`, values(inner)];
    return `| ${[...cells, required ? "required" : byDefault(inner)].map(escaped).join(" | ")} |`;
  });
  return [
    `### \`${key}\``,
    "",
    about,
    "",
    "| field | meaning | values | default |",
    "| --- | --- | --- | --- |",
    ...lines,
  ].join("\n");
}

/** The fields inside a schema that have a description, each after the one around it. */
function rowsIn(schema: JsonSchema, prefix: string): Row[] {
  const { properties = {}, required = [], items, additionalProperties } = schema;
  const named = Object.entries(properties).flatMap(([name, inner]): Row[] => {
    const field = prefix === "" ? name : `${prefix}.${name}`;
    const own =
      inner.description === undefined ? [] : [{ field, schema: inner, required: required.includes(name) }];
    return [...own, ...rowsIn(inner, field)];
  });
  const ofItems = items === undefined ? [] : rowsIn(items, prefix === "" ? "" : `${prefix}[]`);
  const ofEntries =
    typeof additionalProperties === "object"
      ? rowsIn(additionalProperties, prefix === "" ? "<name>" : `${prefix}.<name>`)
      : [];
  return [...named, ...ofItems, ...ofEntries];
}

function values({ type, enum: choices, const: only, anyOf, minimum, maximum, items }: JsonSchema): string {
  if (Array.isArray(choices)) return choices.map((choice) => `\`${String(choice)}\``).join(", ");
  if (only !== undefined) return `\`${String(only)}\``;
  if (minimum !== undefined)
    return `${String(minimum)} ${maximum === undefined ? "or more" : `to ${String(maximum)}`}`;
  if (anyOf !== undefined) return "text, or a list";
  if (type === "array") return items?.properties === undefined ? "list" : "list of maps";
  const names: Record<string, string> = { string: "text", object: "map", boolean: "`true`, `false`" };
  return (
    names[String(type)] ?? [type].flat().join(" or ").replace("string", "text").replace("integer", "number")
  );
}

function byDefault({ default: given, defaultsTo }: JsonSchema): string {
  if (defaultsTo !== undefined) return defaultsTo;
  if (given === undefined) return "";
  return `\`${typeof given === "string" ? given : JSON.stringify(given)}\``;
}

function link(page: string): string {
  const [path = "", anchor = ""] = page.split("#");
  return path === "" ? `([below](#${anchor}))` : `([${path}](${page}))`;
}

function escaped(cell: string): string {
  return cell.replaceAll("|", "\\|");
}

if (import.meta.main) {
  for (const [path, text] of Object.entries(await generatedFiles())) writeFileSync(new URL(path, ROOT), text);
}
