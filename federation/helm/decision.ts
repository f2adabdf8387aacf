import { deepmergeCustom } from "deepmerge-ts";

/** Helm values of one chart. */
export type HelmValues = Readonly<Record<string, unknown>>;

/** Decision about a Helm value that a user gives. */
export interface ValueDecision {
  /** Keys from the chart's values on; a last `*` is every key without a decision of its own, `X_*` any that begins so, `[]` an entry of a list. */
  readonly path: readonly string[];
  /** `fault`: refused; `adapt`: the program follows it; `free`: the program neither sets nor relies on it. */
  readonly decision: "fault" | "adapt" | "free";
  /** Completes "<value> ..." for a fault; a note for the docs otherwise, which may be empty. */
  readonly reason: string;
  /** In the imperative, without a full stop; empty unless a fault. */
  readonly remedy: string;
  /** Values that are no fault, as the docs show them; empty for none. */
  readonly accepted: string;
  readonly accepts: (value: unknown, values: HelmValues) => boolean;
}

/** Texts that Go reads as true and as false; the chart prints values as text. */
export const ON: readonly string[] = ["true", "1", "t", "T", "TRUE", "True"];
export const OFF: readonly string[] = ["false", "0", "f", "F", "FALSE", "False"];

type Path = string | readonly string[];

const REMOVE = "Remove it";

/** A value that the program sets itself, and the config field for it. */
export function setBy(path: Path, field: string, accepted: readonly string[] = []): ValueDecision {
  const reason = "is set by the program, so that it agrees with the rest";
  return only(path, accepted, reason, field === "" ? REMOVE : `Remove it; set ${field}`);
}

/** A value of which only these are possible; `""` is also an empty map or list. */
export function only(
  path: Path,
  accepted: readonly string[],
  reason: string,
  remedy: string = REMOVE,
): ValueDecision {
  const texts = accepted === ON || accepted === OFF ? accepted.slice(0, 1) : accepted;
  const shown = texts.map((value) => (value === "" ? "empty" : `\`${value}\``)).join(", ");
  return limited(path, shown, (value) => accepted.includes(textOf(value)), reason, remedy);
}

/** A value that a function accepts or not. */
export function limited(
  path: Path,
  accepted: string,
  accepts: ValueDecision["accepts"],
  reason: string,
  remedy: string = REMOVE,
): ValueDecision {
  return { path: keysOf(path), decision: "fault", reason, remedy, accepted, accepts };
}

/** A value that the program reads and follows. */
export function followed(path: Path, reason: string): ValueDecision {
  return { path: keysOf(path), decision: "adapt", reason, remedy: "", accepted: "", accepts: () => true };
}

/** Values, separated by blanks, that the program neither sets nor relies on. */
export function free(paths: string, reason = ""): ValueDecision[] {
  return paths
    .split(/\s+/)
    .filter((path) => path !== "")
    .map((path) => ({ ...followed(path, reason), decision: "free" }));
}

/** Decisions about the values inside a map. */
export function inside(map: string, decisions: readonly ValueDecision[]): ValueDecision[] {
  return decisions.map((decision) => ({ ...decision, path: [...keysOf(map), ...decision.path] }));
}

/** The keys of a dotted path; a list of keys for those that have dots themselves. */
function keysOf(path: Path): readonly string[] {
  return typeof path === "string" ? path.split(".") : path;
}

/** Formats a scalar as a template prints it; an empty map or list as "". */
function textOf(value: unknown): string {
  if (typeof value === "string" || typeof value === "boolean" || typeof value === "number")
    return String(value);
  if (typeof value !== "object" || value === null) return "null";
  return Object.keys(value).length === 0 ? "" : JSON.stringify(value);
}

/** Returns protobuf's JSON name of a field, which Istio's mesh config also accepts by its name in the .proto file. */
export function jsonName(key: string): string {
  return /^[a-z]/.test(key)
    ? key.replace(/_([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase())
    : key;
}

const merge = deepmergeCustom({ mergeArrays: false });

/** Merges istiod's values under `pilot` over the others, as its chart does, so that each has one place. */
export function withoutPilot({ pilot, ...values }: HelmValues): Record<string, unknown> {
  return pilot === undefined ? values : (merge(values, pilot) as Record<string, unknown>);
}
