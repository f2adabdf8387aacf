import type * as z from "zod";
import { type Fault, pathOf } from "../core/fault.ts";
import { type Complaint, faultsOf, valueAt } from "../core/schema.ts";

/** One schema per key of a stack's config. */
export type Sections<T> = { readonly [K in keyof T]-?: z.ZodType<T[K]> };

type Path = readonly PropertyKey[];
type Raw = Readonly<Record<string, unknown>>;

/** A fault in a config, and where it is from the whole config on. */
interface Problem {
  path: Path;
  fault: Fault;
}

/**
 * A stack's config as far as it can be parsed: the input of cross-checks. Faulty values are left out, with the least around them that
 * cannot be parsed without, so that a fault hides no others and causes none.
 */
export interface Draft<T> {
  /** The sections that can be parsed. */
  readonly sections: Partial<T>;
  /** Whether there is a fault at, in or around a value: what is parsed there is a default. */
  readonly isFaulty: (...path: PropertyKey[]) => boolean;
  /** Whether the stack sets a value: an empty map or list, the default in Pulumi.yaml, counts as none. */
  readonly isSet: (...path: PropertyKey[]) => boolean;
  /** The keys of a map as the stack has it, in order: those of faulty entries too. */
  readonly keysOf: (...path: PropertyKey[]) => string[];
  /** A text as the stack has it; `undefined` for anything else. */
  readonly textAt: (...path: PropertyKey[]) => string | undefined;
  /** The place of an entry in a list as the stack has it: parsed lists may be sorted. */
  readonly indexOf: (path: Path, entry: string) => number;
  readonly problems: readonly Problem[];
}

/** Entries that are left out one by one when they are faulty, the innermost first; of all else the whole section is. */
const ENTRIES: readonly Path[] = [
  ["peers", "*", "imports", "*"],
  ["rootAuthority", "clusters", "*"],
  ["peers", "*"],
  ["exports", "*"],
  ["allowGatewayAddresses", "*"],
];

/** Parses each section by itself. */
export function draftOf<T extends object>(schemas: Sections<T>, raw: Raw): Draft<T> {
  const problems = Object.entries<z.ZodType>(schemas).flatMap(([key, schema]) =>
    problemsOf(schema, key, raw),
  );
  const sections = Object.entries<z.ZodType>(schemas).flatMap(([key, schema]) => {
    const section = parseValid(schema, key, raw);
    return section === undefined ? [] : [[key, section] as const];
  });
  return {
    sections: Object.fromEntries(sections) as Partial<T>,
    isFaulty: (...path) => problems.some((problem) => isAlong(problem.path, path)),
    isSet: (...path) => isGiven(valueAt(raw, path)),
    keysOf: (...path) => keysIn(valueAt(raw, path)),
    textAt: (...path) => {
      const value = valueAt(raw, path);
      return typeof value === "string" ? value : undefined;
    },
    indexOf: (path, entry) => [valueAt(raw, path)].flat().indexOf(entry),
    problems,
  };
}

/** The faults of a whole config, and the config without the sections and entries that have any. */
interface Settled<T> {
  sections: Partial<T>;
  faults: Fault[];
  /** Paths of the sections and entries that were left out for a fault: `exports[1]`, `peers.b`, `certificateAuthority`. */
  skipped: string[];
}

/**
 * Adds the faults of cross-checks to those of the schemas, and leaves out their sections and entries too.
 * @param complaints with paths from the whole config on.
 * @param kept sections that stay when only cross-checks fault them: without those nothing else could be checked.
 */
export function settle<T extends object>(
  schemas: Sections<T>,
  raw: Raw,
  draft: Draft<T>,
  complaints: readonly Complaint[],
  kept: readonly (keyof T)[],
): Settled<T> {
  const crossed = complaints.map((complaint) => problemIn(raw, complaint));
  const faulty = [
    ...draft.problems,
    ...crossed.filter(({ path: [section] }) => !kept.includes(section as keyof T)),
  ].map(({ path }) => entryOf(path));
  const rest = faulty.reduce<unknown>(without, raw);
  const parsed = Object.entries<z.ZodType>(schemas).flatMap(([key, schema]) => {
    const { data } = schema.safeParse(valueAt(rest, [key]));
    return data === undefined ? [] : [[key, data] as const];
  });
  return {
    sections: Object.fromEntries(parsed) as Partial<T>,
    faults: [...draft.problems, ...crossed].map(({ fault }) => fault),
    skipped: [...new Set(faulty.map((path) => pathOf(...path)))],
  };
}

/** Whether a value sets anything: what a stack leaves out is an empty map or list, by the defaults in Pulumi.yaml. */
export function isGiven(value: unknown): boolean {
  return typeof value === "object" && value !== null ? Object.keys(value).length > 0 : value !== undefined;
}

function keysIn(value: unknown): string[] {
  return typeof value === "object" && value !== null ? Object.keys(value).sort() : [];
}

function problemsOf(schema: z.ZodType, key: string, raw: Raw): Problem[] {
  const { error } = schema.safeParse(raw[key]);
  return (error?.issues ?? []).flatMap((issue) => {
    const path = [key, ...issue.path];
    const faults = faultsOf({ issues: [{ ...issue, path }] }, raw);
    return faults.map((fault) => ({ path, fault: withoutSecrets(path, fault) }));
  });
}

function problemIn(raw: Raw, { path = [], rule, remedy, withoutValue = false }: Complaint): Problem {
  const value = withoutValue ? undefined : valueAt(raw, path);
  const fault = { path: pathOf(...path), rule, remedy };
  const isShort = value !== undefined && typeof value !== "object";
  return { path, fault: withoutSecrets(path, isShort ? { ...fault, value } : fault) };
}

/** Values of the section of keys, and of headers, are never quoted: what is written in a wrong place may be a key. */
function withoutSecrets([section, , field]: Path, { path, value, rule, remedy }: Fault): Fault {
  const isSecret = section === "certificateAuthority" || (section === "peers" && field === "headers");
  return isSecret || value === undefined ? { path, rule, remedy } : { path, value, rule, remedy };
}

/** Parses what is left of a section without its faulty values; `undefined` when it cannot be parsed without them. */
function parseValid(schema: z.ZodType, key: string, raw: Raw): unknown {
  let rest: unknown = { [key]: raw[key] };
  for (;;) {
    const { data, error } = schema.safeParse(valueAt(rest, [key]));
    if (error === undefined) return data;
    const paths = error.issues.flatMap((issue) => faultyPaths(issue).map((path) => [key, ...path]));
    const removed = paths.map((path) => presentPart(path, rest));
    if (removed.some(({ length }) => length <= 1)) return undefined;
    rest = removed.reduce<unknown>(without, rest);
  }
}

/** The longest part of a path that leads to a value: for a missing value, the map or list around it. */
function presentPart(path: Path, root: unknown): Path {
  return path.length > 1 && valueAt(root, path) === undefined ? presentPart(path.slice(0, -1), root) : path;
}

function faultyPaths(issue: z.core.$ZodIssue): Path[] {
  return issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
}

/** The part of the config that is left out for a fault at a path. */
function entryOf(path: Path): Path {
  const entry = ENTRIES.find((steps) => steps.length <= path.length && steps.every(isStepOf(path)));
  return path.slice(0, entry?.length ?? 1);
}

function isStepOf(path: Path): (step: PropertyKey, index: number) => boolean {
  return (step, index) => step === "*" || step === path[index];
}

/** Whether one of two paths leads along the other. */
function isAlong(one: Path, other: Path): boolean {
  return one.slice(0, other.length).every((step, index) => step === other[index]);
}

/** A copy without what is at a path. An entry of a list becomes `undefined`, so that the others keep their places. */
function without(value: unknown, [key, ...rest]: Path): unknown {
  if (key === undefined || typeof value !== "object" || value === null) return undefined;
  if (Array.isArray(value)) {
    const entries: readonly unknown[] = value;
    return entries.map((entry, index) => (index === key ? without(entry, rest) : entry));
  }
  const changed = Object.entries(value).map(([name, inner]: [string, unknown]) =>
    name === key ? ([name, without(inner, rest)] as const) : ([name, inner] as const),
  );
  return Object.fromEntries(changed.filter(([name, inner]) => name !== key || inner !== undefined));
}
