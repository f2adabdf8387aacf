import { isDeepStrictEqual } from "node:util";
import { boundedLines, count } from "./core/text.ts";
import { sortedUnique } from "./core/order.ts";
import {
  type OwnObjectName,
  type OwnSpec,
  type OwnObject,
  type Declarations,
  type LastDeclarations,
  type LastObject,
  lastObjects,
  formatOwnObject,
  declaredObjects,
  declaredKey,
  versionedKey,
} from "./ownObjects.ts";

/** An object of this program that others edited, and the spec that it is to have. */
export interface EditedObject extends OwnObjectName {
  /** With the generation, tells edits apart: an object that is created again starts at generation 1. */
  uid: string;
  generation: number;
  spec: OwnSpec;
}

/**
 * Finds the objects that others edited. Pulumi's Kubernetes plugin does not see a field that others add, nor an item that they append to a
 * list: it compares what it declares. Without a refresh it sees no edit at all.
 * @returns the objects, each with the spec that it is to have; and a sentence for each.
 */
export function findEdited(
  own: readonly OwnObject[],
  declarations: Declarations,
  last: LastDeclarations,
): { edited: EditedObject[]; warnings: string[] } {
  const declared = new Map(declaredObjects(declarations).map((object) => [declaredKey(object), object]));
  const before = lastObjects(declarations, last);
  const found = own.flatMap((object) => {
    const declaration = declared.get(formatOwnObject(object)) ?? declared.get(versionedKey(object));
    if (declaration === undefined) return [];
    const { spec } = declaration;
    const lastObject = before.get(formatOwnObject(declaration));
    const fields = sortedUnique([...Object.keys(spec), ...Object.keys(object.editors)]).filter((field) =>
      isEdited(object, field, spec, lastObject),
    );
    return fields.length === 0 ? [] : [{ object, fields, spec }];
  });
  return {
    edited: found.map(({ object: { kind, namespace, name, uid, generation }, spec }) => ({
      ...{ kind, namespace, name, uid, generation, spec },
    })),
    warnings: boundedLines(
      found,
      ({ object, fields }) =>
        `${formatOwnObject(object)}: ${describeEdits(object, fields)}. \`pulumi up\` restores it.`,
      (more) => `and ${count(more)} more objects of this stack were edited by others`,
    ),
  };
}

/**
 * Whether others edited a field of the spec. One that differs may also be about to be changed by this stack.
 * @param last declaration of the last update; undefined for a new object.
 */
function isEdited(
  { spec: live, editors }: OwnObject,
  field: string,
  spec: OwnSpec,
  last: LastObject | undefined,
): boolean {
  if (isDeepStrictEqual(live[field], spec[field])) return false;
  if (last !== undefined && isDeepStrictEqual(live[field], last.spec[field])) return false;
  if (Object.hasOwn(editors, field)) return true;
  // A removal leaves no field manager.
  return last?.isExact === true
    ? isDeepStrictEqual(last.spec[field], spec[field])
    : isReduced(live[field], spec[field]);
}

/** Whether a value lacks a declared key. A list is one value: who removes an item is its field manager. */
function isReduced(live: unknown, declared: unknown): boolean {
  if (live === undefined) return declared !== undefined;
  if (!isMap(declared) || !isMap(live)) return false;
  return Object.entries(declared).some(([key, value]) => isReduced(live[key], value));
}

function isMap(value: unknown): value is OwnSpec {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function describeEdits({ spec, editors }: OwnObject, fields: readonly string[]): string {
  const list = (some: readonly string[]): string => some.map((field) => `spec.${field}`).join(", ");
  const managed = fields.filter((field) => Object.hasOwn(editors, field));
  const removed = fields.filter((field) => !Object.hasOwn(editors, field));
  const gone = removed.filter((field) => spec[field] === undefined);
  const reduced = removed.filter((field) => spec[field] !== undefined);
  const names = sortedUnique(managed.flatMap((field) => editors[field] ?? []));
  return [
    ...(managed.length === 0 ? [] : [`${list(managed)} was edited by ${names.join(", ")}`]),
    ...(gone.length === 0 ? [] : [`${list(gone)} was removed by others`]),
    ...(reduced.length === 0 ? [] : [`${list(reduced)} was removed in part by others`]),
  ].join(", ");
}

/**
 * Finds objects of the last update that somebody deleted and that are still to be there: the plugin sees it in a refresh alone.
 * @returns a sentence for each.
 */
export function findDeleted(
  own: readonly OwnObject[],
  declarations: Declarations,
  last: LastDeclarations,
): string[] {
  const before = lastObjects(declarations, last);
  const there = new Set(own.flatMap((object) => [formatOwnObject(object), versionedKey(object)]));
  const deleted = declaredObjects(declarations).filter(
    (object) => before.has(formatOwnObject(object)) && !there.has(declaredKey(object)),
  );
  return boundedLines(
    deleted,
    (object) =>
      `${formatOwnObject(object)} was deleted by somebody. \`pulumi up --refresh\` creates it again.`,
    (more) => `and ${count(more)} more objects of this stack were deleted`,
  );
}
