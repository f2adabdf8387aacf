import { type Fault, pathOf } from "../core/fault.ts";
import { nearestName, unknownField, valueAt } from "../core/schema.ts";
import { type PathKey, type StructuralSchema, takesTexts } from "./crd.ts";
import type { UnknownField } from "./pruning.ts";

/** A fault of an unknown field, and the field that was probably meant. */
export interface MisplacedField {
  readonly fault: Fault;
  /** Path of the known field; undefined where none is near. */
  readonly meant: readonly PathKey[] | undefined;
}

/** Levels around a field in which a field of that name is searched for. */
const OUTER_LEVELS = 4;

/**
 * Reports an unknown field. The remedy names the place of a known field with that name, one level down or a few up, or the nearest name in
 * the same map.
 */
export function misplacedField({ name, places }: UnknownField): MisplacedField {
  const { path, schema, value } = places.at(-1) ?? { path: [], schema: {}, value: undefined };
  const at = [...path, name];
  const known = Object.keys(schema.properties ?? {});
  const inner = innerTargets(schema, name);
  const written = inner.filter(([field]) => valueAt(value, [field]) !== undefined);
  if (written.length > 0) return moved(at, path, written);
  const outer = places
    .slice(0, -1)
    .slice(-OUTER_LEVELS)
    .reverse()
    // Everything has a name: one of an outer map is not the one that was meant.
    .find((place) => name !== "name" && hasField(place.schema, name));
  if (outer !== undefined) {
    const meant = [...outer.path, name];
    const remedy = `Move it to ${pathOf(...meant)}`;
    return { fault: { path: pathOf(...at), rule: NOT_HERE, remedy }, meant };
  }
  const near = nearestName(name, known) ?? soleExtension(name, known);
  if (near === undefined) {
    const targets = inner.length > 0 ? inner : labelTargets(schema, valueAt(value, [name]));
    return targets.length > 0
      ? moved(at, path, targets)
      : { fault: unknownField(at, name, known), meant: undefined };
  }
  const { path: text, rule } = unknownField(at, name, known);
  return {
    fault: { path: text, rule, remedy: `Write '${near}', if that is what you mean` },
    meant: [...path, near],
  };
}

const NOT_HERE = "is not a known field here";

function moved(
  at: readonly PathKey[],
  path: readonly PathKey[],
  targets: readonly InnerTarget[],
): MisplacedField {
  const texts = targets.map(([field, isList]) => `${isList ? "an entry of " : ""}${pathOf(...path, field)}`);
  const remedy = `Move it into ${texts.join(" or ")}`;
  const meant = targets[0] === undefined ? undefined : [...path, targets[0][0]];
  return { fault: { path: pathOf(...at), rule: NOT_HERE, remedy }, meant };
}

/** Fewest letters of a name that is completed or cut. */
const STEM = 4;

/** Finds the only known name that is longer or shorter: `consecutive5xxErrors` for `consecutive5xx`, `labels` for `matchLabels`. */
function soleExtension(name: string, known: readonly string[]): string | undefined {
  const related = known.filter((each) => {
    const [short, long] = each.length < name.length ? [each, name] : [name, each];
    const [stem, word] = [short.toLowerCase(), long.toLowerCase()];
    return stem.length >= STEM && (word.startsWith(stem) || word.endsWith(stem));
  });
  return related.length === 1 ? related[0] : undefined;
}

/** Finds the only map of labels one level down, into which an unknown field with text belongs: `matchLabels` of a selector. */
function labelTargets({ properties = {} }: StructuralSchema, value: unknown): InnerTarget[] {
  const maps = Object.entries(properties).filter(([, inner]) => takesTexts(inner));
  const isSole = maps.length === 1 && Object.keys(properties).length === 1;
  return isSole && typeof value === "string" ? maps.map(([field]): InnerTarget => [field, false]) : [];
}

/** A field whose map, or whose list's maps, have a field of a given name. */
type InnerTarget = readonly [field: string, isList: boolean];

function innerTargets({ properties = {} }: StructuralSchema, name: string): InnerTarget[] {
  return Object.entries(properties).flatMap(([field, inner]): InnerTarget[] => {
    if (hasField(inner, name)) return [[field, false]];
    return inner.items !== undefined && hasField(inner.items, name) ? [[field, true]] : [];
  });
}

function hasField({ properties = {} }: StructuralSchema, name: string): boolean {
  return Object.hasOwn(properties, name);
}
