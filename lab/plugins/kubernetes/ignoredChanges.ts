import { isProperties, mergeProperties, type Properties, type Value } from "../protocol/values.ts";
import type { ManagedFields, Manifest } from "./manifest.ts";

/**
 * Resolves `ignoreChanges` of an update as the real provider does (`handleSSAIgnoreFields`, provider/pkg/await/await.go): a field that others
 * manage alone is left out of the apply, so that it stays theirs, and any other is applied as it is in the cluster. Paths through a list
 * have no effect: the real provider takes `http[0]` for the name of a field.
 * @param live the object, after the fields of its creation were handed over.
 */
export function withoutIgnored(
  manifest: Manifest,
  live: Manifest,
  { fieldManager, ignoreChanges }: { fieldManager: string; ignoreChanges: readonly string[] },
): Manifest {
  const managed = (live.metadata["managedFields"] ?? []) as unknown as readonly ManagedFields[];
  const fieldsOf = (isOurs: boolean) =>
    managed
      .filter(({ manager }) => (manager === fieldManager) === isOurs)
      .map(({ fieldsV1 }) => fieldsV1 ?? {})
      .reduce<Properties>(mergeProperties, {});
  const [ours, theirs] = [fieldsOf(true), fieldsOf(false)];
  return ignoreChanges.reduce<Manifest>((now, path) => {
    const keys = path.split(".");
    const managedPath = keys.map((key) => `f:${key}`);
    if (valueIn(theirs, managedPath) !== undefined && valueIn(ours, managedPath) === undefined)
      return withValue(now, keys, undefined) as Manifest;
    const value = valueIn(live, keys);
    return value === undefined ? now : (withValue(now, keys, value) as Manifest);
  }, manifest);
}

function valueIn(object: Properties, [key = "", ...rest]: readonly string[]): Value | undefined {
  const value = object[key];
  if (rest.length === 0) return value;
  return isProperties(value) ? valueIn(value, rest) : undefined;
}

function withValue(
  object: Properties,
  [key = "", ...rest]: readonly string[],
  value: Value | undefined,
): Properties {
  if (rest.length > 0) {
    const inner = object[key];
    return { ...object, [key]: withValue(isProperties(inner) ? inner : {}, rest, value) };
  }
  const { [key]: _former, ...others } = object;
  return value === undefined ? others : { ...others, [key]: value };
}
