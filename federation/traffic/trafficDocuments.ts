import { isScalar, parseAllDocuments } from "yaml";
import type { Fault } from "../core/fault.ts";
import { DNS_LABEL, OBJECT_NAME } from "../core/names.ts";
import { sortedUnique } from "../core/order.ts";
import { nearestName, suggestion, unknownField } from "../core/schema.ts";
import { METADATA_FIELDS } from "./crd.ts";
import type { ParsedObjects, TrafficFile } from "./trafficTargets.ts";
import {
  TRAFFIC_KINDS,
  type TrafficObject,
  formatKind,
  inPlace,
  objectKey,
  uniqueObjects,
} from "./trafficObject.ts";

/** Largest file, characters: aliases of YAML, the other way to make much of little, are bounded by the parser. */
const FILE_LIMIT = 1_000_000;

/** An object as it is written, and where. */
interface Written {
  source: string;
  value: unknown;
  /** Whether the value is what the parser made of a document before an error in it, which is reported already. */
  isPart: boolean;
}

/**
 * Parses the stack's traffic objects, of files (multi-document YAML, Lists) and of `traffic.objects`.
 * @param rendered objects of shortcuts, which are added.
 * @returns the objects in order of kind, namespace and name, and the faults of all documents at once.
 */
export function parseTraffic(
  files: readonly TrafficFile[],
  inline: readonly unknown[],
  render: (written: readonly TrafficObject[]) => readonly TrafficObject[] = () => [],
): ParsedObjects {
  const faults: Fault[] = [];
  const written = [
    ...files.flatMap((file) => documentsOf(file, faults)),
    ...inline.map((value, index) => ({ source: `traffic.objects[${index}]`, value, isPart: false })),
  ].flatMap(itemsOf);
  const declared = written.flatMap(({ value }) => identityOf(value));
  const parsed = written.flatMap((each) => {
    if (each.isPart) return [];
    const object = parseObject(each);
    if ("kind" in object) return [object];
    faults.push(...object.map((fault) => inPlace(each.source, fault)));
    return [];
  });
  const unique = uniqueObjects([...parsed, ...render(parsed)]);
  return {
    objects: unique.objects,
    declared: sortedUnique([...declared, ...unique.objects.map(objectKey)]),
    faults: [...faults, ...unique.faults],
  };
}

function documentsOf({ path, text }: TrafficFile, faults: Fault[]): Written[] {
  if (text.length > FILE_LIMIT) {
    const rule = `has ${text.length} characters, more than the ${FILE_LIMIT} that are read`;
    faults.push({ path, rule, remedy: "Split it" });
    return [];
  }
  // Nobody counts what is before a first separator and after a last one.
  const documents = [...parseAllDocuments(text, { prettyErrors: true })].filter(
    (document) => document.errors.length > 0 || !isEmpty(document.contents),
  );
  return documents.flatMap((document, index): Written[] => {
    const source = documents.length === 1 ? path : `${path}, document ${index + 1}`;
    const [error] = document.errors;
    if (error !== undefined) {
      const [start] = error.linePos ?? [];
      const line = start === undefined ? "" : `, line ${start.line}, column ${start.col}`;
      faults.push({
        path: `${source}${line}`,
        rule: `is no YAML: ${firstSentence(error.message)}`,
        remedy: error.code === "TAB_AS_INDENT" ? "Indent by spaces" : "Correct it",
      });
    }
    const value = toValue(() => document.toJS({ maxAliasCount: 100 }) as unknown);
    return [{ source, value, isPart: error !== undefined }];
  });
}

/** Whether a document has nothing but comments. */
function isEmpty(contents: unknown): boolean {
  return contents === null || (isScalar(contents) && contents.value === null);
}

/** Text of the parser without the excerpt of the file, which may be long. */
function firstSentence(message: string): string {
  return (message.split("\n")[0] ?? "").replace(/ at line \d+, column \d+:?$/, "");
}

function toValue(convert: () => unknown): unknown {
  try {
    return convert();
  } catch {
    return "too many aliases";
  }
}

/** Unfolds Lists; an empty document, as between two separators, is none. */
function itemsOf({ source, value, isPart }: Written): Written[] {
  if (value === null || value === undefined) return [];
  if (!isMap(value) || !Array.isArray(value["items"]) || !String(value["kind"]).endsWith("List"))
    return [{ source, value, isPart }];
  return value["items"].map((item: unknown, index) => ({
    source: `${source}, items[${index}]`,
    value: item,
    isPart,
  }));
}

/** Identities of an object by its kind alone, as {@link objectKey} formats them; what is faulty may have no name. */
function identityOf(value: unknown): string[] {
  if (!isMap(value)) return [];
  const { kind, metadata } = value;
  const { namespace, name } = isMap(metadata) ? metadata : {};
  return TRAFFIC_KINDS.filter((each) => each.kind === kind).map(({ group }) =>
    objectKey({ group, kind: String(kind), namespace: String(namespace), name: String(name) }),
  );
}

function parseObject({ source, value }: Written): TrafficObject | Fault[] {
  if (!isMap(value))
    return [
      {
        path: "",
        value,
        rule: "is no Kubernetes object",
        remedy: "Write a map with apiVersion, kind, metadata and spec",
      },
    ];
  const { apiVersion, kind: named, metadata, spec = {}, ...others } = value;
  const kind = kindOf(apiVersion, named);
  if (!("version" in kind)) return [kind];
  const faults = Object.keys(others)
    .filter((key) => key !== "status")
    .map(unknownTopField);
  if (!isMap(metadata))
    return [...faults, { path: "metadata", rule: "is missing", remedy: "Add it, with name and namespace" }];
  if (!isMap(spec)) faults.push({ path: "spec", value: spec, rule: "must be a map", remedy: "Correct it" });
  const { name, namespace, labels = {}, annotations = {} } = metadata;
  faults.push(
    ...unknownMetadata(metadata),
    ...checkName("metadata.name", name, OBJECT_NAME),
    ...checkName("metadata.namespace", namespace, DNS_LABEL),
    ...checkTexts("metadata.labels", labels),
    ...checkTexts("metadata.annotations", annotations),
  );
  if (faults.length > 0) return faults;
  return {
    group: kind.group,
    kind: kind.kind,
    apiVersion: `${kind.group}/${kind.version}`,
    namespace: namespace as string,
    name: name as string,
    labels: labels as Record<string, string>,
    annotations: annotations as Record<string, string>,
    spec: spec as Record<string, unknown>,
    owner: undefined,
    source,
  };
}

/** Returns the fault of an unknown field beside `spec`, which is there by a wrong indentation mostly. */
function unknownTopField(key: string): Fault {
  const fault = unknownField([key], key, ["metadata", "spec"]);
  return nearestName(key, ["metadata", "spec"]) === undefined
    ? { ...fault, rule: "is not a known field here", remedy: "Move it into spec, or remove it" }
    : fault;
}

/** Returns the faults of unknown fields of the metadata; what the API server writes there itself is accepted. */
function unknownMetadata(metadata: Readonly<Record<string, unknown>>): Fault[] {
  const known = Object.keys(METADATA_FIELDS);
  return Object.keys(metadata)
    .filter((key) => !known.includes(key))
    .map((key) => unknownField(["metadata", key], key, ["name", "namespace", "labels", "annotations"]));
}

/** Versions of Istio's API that have the schema of the current one. */
const VERSIONS = ["v1", "v1beta1", "v1alpha3", "v1alpha1", "v1alpha2"];

function kindOf(apiVersion: unknown, kind: unknown): (typeof TRAFFIC_KINDS)[number] | Fault {
  const remedy = (known: string) => `Write '${known}'`;
  if (typeof apiVersion !== "string" || typeof kind !== "string")
    return {
      path: typeof kind === "string" ? "apiVersion" : "kind",
      rule: "is missing",
      remedy: "Add apiVersion and kind",
    };
  const [group = "", version = ""] = apiVersion.split("/");
  const ofKind = TRAFFIC_KINDS.filter((each) => each.kind === kind);
  const found = ofKind.find((each) => each.group === group);
  if (found !== undefined && VERSIONS.includes(version)) return found;
  if (found !== undefined)
    return {
      path: "apiVersion",
      value: apiVersion,
      rule: "has no such version",
      remedy: remedy(`${group}/${found.version}`),
    };
  const [other] = ofKind;
  if (other !== undefined) {
    const known = ofKind.map((each) => `${each.group}/${each.version}`).join("' or '");
    return {
      path: "apiVersion",
      value: apiVersion,
      rule: `is not the API of ${kind}`,
      remedy: remedy(known),
    };
  }
  const near = suggestion(
    kind,
    TRAFFIC_KINDS.map((each) => each.kind),
  );
  return {
    path: "kind",
    value: kind,
    rule: "is no kind that `traffic` takes",
    remedy: near ?? `Take one of ${TRAFFIC_KINDS.map(formatKind).join(", ")}`,
  };
}

function checkName(path: string, name: unknown, { test, rule, remedy }: typeof OBJECT_NAME): Fault[] {
  if (name === undefined)
    return [
      {
        path,
        rule: "is missing",
        remedy: "Add it: what is declared does not depend on a context's namespace",
      },
    ];
  if (typeof name === "string" && test(name)) return [];
  return [{ path, value: name, rule, remedy }];
}

function checkTexts(path: string, map: unknown): Fault[] {
  if (!isMap(map)) return [{ path, value: map, rule: "must be a map", remedy: "Correct it" }];
  return Object.entries(map).flatMap(([key, value]) =>
    typeof value === "string"
      ? []
      : [{ path: `${path}.${key}`, value, rule: "must be text", remedy: "Put it in quotes" }],
  );
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
