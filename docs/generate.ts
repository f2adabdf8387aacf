import { readFileSync, writeFileSync } from "node:fs";
import { format, resolveConfig } from "prettier";
import { parseDocument } from "yaml";
import { pathOf } from "../federation/core/fault.ts";
import { CHART_VALUES } from "../federation/helm/charts.ts";
import type { ValueDecision } from "../federation/helm/decision.ts";
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
  const { rootAuthority = {}, contractOf = {}, ...cluster } = configSchemas();
  const config = read("docs/config.md");
  const tables = { cluster, root: { rootAuthority }, contractStack: { contractOf } };
  const filled = Object.entries(tables).reduce(
    (text, [name, schemas]) => fill(text, name, Object.entries(schemas).map(renderSection).join("\n\n")),
    config,
  );
  const helmValues = Object.entries(CHART_VALUES).reduce(
    (text, [chart, { decisions }]) => fill(text, chart, renderDecisions(decisions)),
    read("docs/helm-values.md"),
  );
  return {
    "docs/config.md": await formatted("docs/config.md", filled),
    "docs/helm-values.md": await formatted("docs/helm-values.md", helmValues),
    "stacks/stack.schema.json": await formatted(
      "stacks/stack.schema.json",
      JSON.stringify(stackFileSchema()),
    ),
    "Pulumi.yaml": await formatted(
      "Pulumi.yaml",
      withDescriptions(read("Pulumi.yaml"), { ...cluster, rootAuthority, contractOf }),
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
  if (from < 0 || to < from) throw new Error(`no markers '${begin}' and '${end}'`);
  return `${text.slice(0, from)}${begin}\n\n${content}\n\n${text.slice(to)}`;
}

function renderSection([key, schema]: [string, JsonSchema]): string {
  const rows = rowsIn(schema, "");
  const { description = "", page } = schema;
  const about = page === undefined ? description : `${description} ${link(page)}`;
  if (rows.length === 0)
    return `### \`${key}\`\n\n${about} Values: ${values(schema)}. Default: ${byDefault(schema)}.`;
  const rowsOf = rows.map(({ field, schema: inner, required }) => {
    const more = inner.page === undefined ? "" : ` ${link(inner.page)}`;
    const meaning = `${inner.description ?? ""}${more}`;
    return [`\`${field}\``, meaning, values(inner), required ? "required" : byDefault(inner)];
  });
  return `### \`${key}\`\n\n${about}\n\n${table(["field", "meaning", "values", "default"], rowsOf)}`;
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

/** Lists the values that are faults, by what they do, then those that the program follows, then all others. */
function renderDecisions(decisions: readonly ValueDecision[]): string {
  const of = (kind: ValueDecision["decision"]) => decisions.filter(({ decision }) => decision === kind);
  const faults = Map.groupBy(of("fault"), ({ reason, remedy }) => `${capitalized(reason)}.** ${remedy}`);
  return [
    "Faults, each with the values that are possible:",
    [...faults].map(([what, refused]) => renderFaults(what, refused)).join("\n"),
    "Followed by the program:",
    of("adapt")
      .map((each) => `- ${valueName(each)}: ${each.reason}.`)
      .join("\n"),
    "Free, by the map that they are in:",
    [...Map.groupBy(of("free").filter(isNamed), mapName)]
      .map(([map, inMap]) => `- ${wrapped(`${map}: ${inMap.map(ownName).join(", ")}.`)}`)
      .join("\n"),
  ].join("\n\n");
}

/** Values of one fault beyond which each map has a line of its own. */
const FEW_VALUES = 6;

function renderFaults(what: string, refused: readonly ValueDecision[]): string {
  if (refused.length <= FEW_VALUES) return `- **${what}: ${refused.map(withAccepted).join("; ")}.`;
  const lines = [...Map.groupBy(refused, mapName)].map(
    ([, inMap]) => `  - ${wrapped(inMap.map(withAccepted).join("; "))}`,
  );
  return [`- **${what}:`, ...lines].join("\n");
}

function isNamed({ path }: ValueDecision): boolean {
  return path.at(-1) !== "*";
}

/** The map that a value is in, as its path is shown. */
function mapName(decision: ValueDecision): string {
  const path = decision.path.slice(0, -1);
  return path.length === 0 ? "at the top" : valueName({ ...decision, path });
}

function ownName({ path }: ValueDecision): string {
  return `\`${path.at(-1) ?? ""}\``;
}

/** Characters of a line, about. */
const LINE = 110;

/** Breaks an item of a list into lines. */
function wrapped(text: string): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line !== "" && line.length + word.length >= LINE) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.join("\n    ");
}

function withAccepted(decision: ValueDecision): string {
  const { accepted } = decision;
  return accepted === "" ? valueName(decision) : `${valueName(decision)} (${accepted})`;
}

/** The path of a value; fields of Istio's ProxyConfig begin at it, and its variables at themselves. */
function valueName({ path }: ValueDecision): string {
  const inProxyConfig = path[1] === "defaultConfig";
  const short =
    inProxyConfig && path[2] === "proxyMetadata" ? path.slice(2) : inProxyConfig ? path.slice(1) : path;
  const name = pathOf(...short)
    .replaceAll('["[]"]', "[]")
    .replaceAll('["*"]', ".*");
  return `\`${name.replace(/\["([A-Z_]+\*)"\]/, ".$1")}\``;
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function table(head: readonly string[], rows: readonly string[][]): string {
  return [head, head.map(() => "---"), ...rows.map((row) => row.map(escaped))]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
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
    names[String(type)] ??
    [type].flat().join(" or ").replace("string", "text").replace("integer", "number").replace("object", "map")
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
