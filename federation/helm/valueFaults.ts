import { type HelmValues, type ValueDecision, jsonName, withoutPilot } from "./decision.ts";
import type { Complaint } from "../core/schema.ts";

/** Decisions about the values of one of Istio's charts. */
export interface ChartValues {
  readonly decisions: readonly ValueDecision[];
  /** Maps whose content the chart reads as if it were its values, beside the values themselves. */
  readonly alsoRoots: readonly string[];
}

/** Path from the values on, as a user wrote it. */
type WrittenPath = readonly (string | number)[];

/** A map of the chart's values, and the decisions about what is in it. */
interface Branch {
  path: WrittenPath;
  /** Number of keys of the decisions' paths down to here. */
  depth: number;
  decisions: readonly ValueDecision[];
  /** All of the chart's values as it reads them, which a decision may depend on. */
  values: HelmValues;
}

/** Maps with keys of users' own, which may have dots. */
const FREE_KEYS = /(?:labels|annotations)$/i;

/** Finds values that contradict the program, with their paths as the user wrote them. */
export function valueFaults(values: HelmValues, { decisions, alsoRoots }: ChartValues): Complaint[] {
  const effective = isMap(values["pilot"]) && alsoRoots.includes("pilot") ? withoutPilot(values) : values;
  const root = { path: [], depth: 0, decisions, values: effective };
  return [
    ...faultsIn(values, root, alsoRoots),
    ...alsoRoots.flatMap((key) =>
      Object.hasOwn(values, key) ? faultsAt(values[key], { ...root, path: [key] }) : [],
    ),
  ];
}

/**
 * Finds faults inside a map.
 * @param others keys of the map whose values are checked elsewhere.
 */
function faultsIn(map: HelmValues, branch: Branch, others: readonly string[] = []): Complaint[] {
  const { path, depth, decisions } = branch;
  return Object.entries(map).flatMap(([key, value]) => {
    const named = decisions.filter((each) => isKey(each, depth, key));
    const rest = decisions.filter((each) => each.path[depth] === "*");
    const written = [...path, key];
    if (named.length === 0 && isDotted(key, branch, others)) return [dottedKey(written)];
    const next = { ...branch, path: written, depth: depth + 1 };
    return faultsAt(value, { ...next, decisions: named.length > 0 ? named : rest });
  });
}

function faultsAt(value: unknown, branch: Branch): Complaint[] {
  const { path, depth, decisions, values } = branch;
  const own = decisions.find((each) => each.path.length === depth);
  if (own !== undefined) {
    const { reason: rule, remedy } = own;
    return own.accepts(value, values)
      ? []
      : [{ path: [...path], rule, remedy, withoutValue: !isQuotable(value) }];
  }
  if (!decisions.some(({ decision }) => decision === "fault")) return [];
  if (decisions.some((each) => each.path[depth] === "[]")) return faultsInList(value, branch);
  return isMap(value) ? faultsIn(value, branch) : [wrongType(path, "a map")];
}

function faultsInList(value: unknown, branch: Branch): Complaint[] {
  const { path, depth } = branch;
  if (value === null) return [];
  if (!Array.isArray(value)) return [wrongType(path, "a list")];
  return value.flatMap((entry, index) =>
    faultsAt(entry, { ...branch, path: [...path, index], depth: depth + 1 }),
  );
}

/** Texts of one short word, e.g. a name, an address or a list of ranges. */
const ONE_WORD = /^[\w.*:/,-]{0,63}$/;

/** Whether a message may quote a value: a map, a list or free text may hold secrets, e.g. the `accessToken` of a proxy config. */
function isQuotable(value: unknown): boolean {
  return typeof value === "string" ? ONE_WORD.test(value) : typeof value !== "object" || value === null;
}

function isMap(value: unknown): value is HelmValues {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isKey({ path }: ValueDecision, depth: number, key: string): boolean {
  const own = path[depth] ?? "";
  if (own.length > 1 && own.endsWith("*")) return key.startsWith(own.slice(0, -1));
  return own === key || (path[0] === "meshConfig" && depth > 0 && own === jsonName(key));
}

function isDotted(key: string, { path, depth, decisions }: Branch, others: readonly string[]): boolean {
  const [first = ""] = key.split(/[.[=]/, 1);
  if (first === key || FREE_KEYS.test(String(path.at(-1)))) return false;
  return others.includes(first) || decisions.some((each) => isKey(each, depth, first));
}

function dottedKey(path: WrittenPath): Complaint {
  const rule = "is one key with dots to Helm, which no template of the chart reads";
  return { path: [...path], rule, remedy: "Write it as maps inside one another", withoutValue: true };
}

function wrongType(path: WrittenPath, type: string): Complaint {
  const rule = `must be ${type}: anything else replaces or deletes what the program and the chart have there`;
  // A text in place of a map may hold secrets, e.g. `env: "A_PASSWORD=..."`.
  return { path: [...path], rule, remedy: `Write ${type}, or remove it`, withoutValue: true };
}

/** Returns the decision about a value of a chart, or one inside it; undefined where the table has none. */
export function decisionAbout(
  { decisions }: ChartValues,
  path: readonly string[],
): ValueDecision | undefined {
  const about = decisions.filter((each) =>
    each.path.every((_, depth) => depth >= path.length || isKey(each, depth, path[depth] ?? "")),
  );
  return (
    about[0] ??
    decisions.find(
      (each) => each.path.at(-1) === "*" && each.path.slice(0, -1).every((key, depth) => key === path[depth]),
    )
  );
}
