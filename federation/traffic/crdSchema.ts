import { type Fault, FIRST_FAULTS, firstFaults, pathOf } from "../core/fault.ts";
import { exceededLimit } from "../core/size.ts";
import { findKind, formatApiVersion, isKindVersion, type KindVersion } from "./apiVersion.ts";
import { compileRules, ruleFaults, type RuledSchema } from "./celRules.ts";
import { type Crd, isMap, METADATA_FIELDS, type PathKey, type StructuralSchema } from "./crd.ts";
import { misplacedField } from "./fieldPlace.ts";
import { compileSchema, type SchemaError } from "./jsonSchema.ts";
import { pruneObject } from "./pruning.ts";
import { type LocatedFault, schemaFault } from "./schemaFaults.ts";

/** Limits of an object. The API server refuses one of 1.5 MiB; each of its values counts for several times its size here. */
const OBJECT_LIMITS = { bytes: 12 * 1024 * 1024, entries: 1_000_000 };

/** Fields of all objects, beside those of their CRD. */
const OBJECT_FIELDS: Readonly<Record<string, StructuralSchema>> = {
  apiVersion: { type: "string" },
  kind: { type: "string" },
  metadata: { type: "object", required: ["name"], properties: METADATA_FIELDS },
  status: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
};

/** Schema of a kind, ready for validation. */
interface CompiledKind {
  readonly schema: StructuralSchema;
  readonly schemaErrors: (value: unknown) => readonly SchemaError[];
  readonly rules: RuledSchema | undefined;
}

/** Checks objects of Istio and the Gateway API against the schemas of their CRDs. */
export class CrdSchemas {
  readonly #crds: readonly Crd[];
  /** By API version and kind; compiling all takes longer than most clusters need. */
  readonly #compiled = new Map<string, CompiledKind>();

  constructor(crds: readonly Crd[]) {
    this.#crds = crds;
  }

  /** Returns the API version in which the program writes a kind: `networking.istio.io/v1` for `networking.istio.io/v1alpha3`. */
  currentApiVersion(apiVersion: string, kind: string): string | undefined {
    const found = findKind(this.#crds, apiVersion, kind);
    return isKindVersion(found) ? formatApiVersion(found) : undefined;
  }

  /** Returns the first faults of an object, one for each mistake, and one that counts the others. */
  check(object: unknown): Fault[] {
    if (!isMap(object))
      return [{ path: "", value: object, rule: "must be a map", remedy: "Write a Kubernetes object" }];
    if (exceededLimit(object, OBJECT_LIMITS) !== undefined) {
      return [
        { path: "", rule: "is larger than the API server accepts", remedy: "Split it into several objects" },
      ];
    }
    const { apiVersion, kind } = object;
    if (typeof kind !== "string") return [missingText("kind", kind, "VirtualService")];
    if (typeof apiVersion !== "string")
      return [missingText("apiVersion", apiVersion, "networking.istio.io/v1")];
    const found = findKind(this.#crds, apiVersion, kind);
    if (!isKindVersion(found)) return [found];
    return faultsIn(object, this.#compile(found));
  }

  #compile(found: KindVersion): CompiledKind {
    const key = `${formatApiVersion(found)} ${found.crd.kind}`;
    const known = this.#compiled.get(key);
    if (known !== undefined) return known;
    const { schema: own } = found.version;
    const schema = {
      ...own,
      type: "object",
      properties: { ...own.properties, ...OBJECT_FIELDS },
      required: required(own),
    };
    const compiled = { schema, schemaErrors: compileSchema(schema), rules: compileRules(schema) };
    this.#compiled.set(key, compiled);
    return compiled;
  }
}

/** Prepares the schemas of CRDs; each kind is compiled when an object of it is checked first. */
export function compileCrds(crds: readonly Crd[]): CrdSchemas {
  return new CrdSchemas(crds);
}

function required(schema: StructuralSchema): string[] {
  return [...new Set([...(schema.required ?? []), "metadata"])];
}

function missingText(path: string, value: unknown, example: string): Fault {
  const rule = value === undefined ? "is missing" : "must be text";
  return { path, value, rule, remedy: `Write it, such as ${example}` };
}

function faultsIn(object: unknown, { schema, schemaErrors, rules }: CompiledKind): Fault[] {
  const { value, unknownFields } = pruneObject(object, schema);
  const misplaced = unknownFields.slice(0, FIRST_FAULTS).map(misplacedField);
  const meant = misplaced.flatMap((field) => (field.meant === undefined ? [] : [field.meant]));
  const invalid = schemaErrors(value)
    .map((error) => schemaFault(error, value, schema))
    // A missing field is a consequence of one that has the wrong name or place.
    .filter(({ keys }) => !meant.some((path) => isWithin(path, keys)));
  const distinct = firstAtEachPath(invalid);
  const faulty = withOuter([
    ...unknownFields.flatMap(({ places }) => places.slice(-1)).map(({ path }) => path),
    ...distinct.map(({ keys }) => keys),
  ]);
  const broken = rules === undefined ? [] : ruleFaults(rules, value, (path) => faulty.has(pathOf(...path)));
  const faults = [...misplaced, ...distinct, ...broken].map(({ fault }) => fault);
  return firstFaults(faults, faults.length + unknownFields.length - misplaced.length);
}

/** Returns the first fault at each path: a value of the wrong type breaks other rules too. */
function firstAtEachPath(faults: readonly LocatedFault[]): LocatedFault[] {
  const first = new Map<string, LocatedFault>();
  for (const each of faults) if (!first.has(each.fault.path)) first.set(each.fault.path, each);
  return [...first.values()];
}

/** Returns the paths at and around some places. */
function withOuter(paths: readonly (readonly PathKey[])[]): Set<string> {
  return new Set(
    paths.flatMap((path) => [...path.keys(), path.length].map((end) => pathOf(...path.slice(0, end)))),
  );
}

/** Whether a path is at another or below it. */
function isWithin(path: readonly PathKey[], outer: readonly PathKey[]): boolean {
  return outer.every((key, index) => path[index] === key);
}
