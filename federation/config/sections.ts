import type * as z from "zod";
import { type Fault, within } from "../core/fault.ts";
import { faultsOf } from "../core/schema.ts";

/** One schema per key of a stack's config: a fault in one does not hide those of the others. */
export type Sections<T> = { readonly [K in keyof T]-?: z.ZodType<T[K]> };

/**
 * Checks the sections of a stack's config and fills in their defaults.
 * @returns the sections, without those that a stack has none of; they count only where there are no faults.
 */
export function parseSections<T extends object>(
  sections: Sections<T>,
  raw: Readonly<Record<string, unknown>>,
): { config: T; faults: Fault[] } {
  const faults: Fault[] = [];
  const parsed = Object.entries<z.ZodType>(sections).flatMap(([key, schema]) => {
    const result = schema.safeParse(raw[key]);
    if (!result.success)
      faults.push(...faultsOf(result.error, raw[key]).map((fault) => within(key, told(key, fault))));
    return result.data === undefined ? [] : [[key, result.data] as const];
  });
  return { config: Object.fromEntries(parsed) as T, faults };
}

/** A section in which keys may stand is not quoted: what is written in a wrong place may be one. */
function told(section: string, { path, value, rule, remedy }: Fault): Fault {
  return section === "certificateAuthority" || value === undefined
    ? { path, rule, remedy }
    : { path, value, rule, remedy };
}

/** Whether a stack says anything by a value: what it leaves out comes empty, by the defaults in Pulumi.yaml. */
export function isGiven(value: unknown): boolean {
  return typeof value === "object" && value !== null ? Object.keys(value).length > 0 : value !== undefined;
}
