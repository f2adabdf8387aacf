import { isProperties, reveal, UNKNOWN } from "./values.ts";
import type { Value } from "./values.ts";

/** What happened to one property. */
export type Change = "add" | "delete" | "update";

/** Changed properties by their path, as the engine writes paths: `spec.ports[0].name`, `metadata.labels["a.b/c"]`. */
export type Differences = Record<string, Change>;

/**
 * Compares two values, without regard to secret marks.
 * A value that is not known yet differs from everything; null and absent are the same.
 */
export function differences(before: Value | undefined, after: Value | undefined, path = ""): Differences {
  const old = reveal(before) ?? undefined;
  const now = reveal(after) ?? undefined;
  if (old === undefined || now === undefined) {
    return old === now ? {} : { [path]: old === undefined ? "add" : "delete" };
  }
  if (isList(old) && isList(now)) {
    const length = Math.max(old.length, now.length);
    return Object.assign(
      {},
      ...Array.from({ length }, (_, index) => differences(old[index], now[index], `${path}[${index}]`)),
    ) as Differences;
  }
  if (isProperties(old) && isProperties(now)) {
    const keys = [...new Set([...Object.keys(old), ...Object.keys(now)])].sort();
    return Object.assign(
      {},
      ...keys.map((key) => differences(old[key], now[key], step(path, key))),
    ) as Differences;
  }
  return old === now && old !== UNKNOWN ? {} : { [path]: "update" };
}

/** Whether two values are the same, secret marks apart. */
export function same(before: Value | undefined, after: Value | undefined): boolean {
  return Object.keys(differences(before, after)).length === 0;
}

/** The first key of a path: `spec` of `spec.ports[0]`. */
export function rootOf(path: string): string {
  return /^(?:\["((?:[^"\\]|\\.)*)"\]|[^.[]+)/.exec(path)?.[0] ?? path;
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

function step(path: string, key: string): string {
  if (!/^[A-Za-z_$][\w$]*$/.test(key)) {
    return `${path}[${JSON.stringify(key)}]`;
  }
  return path === "" ? key : `${path}.${key}`;
}
