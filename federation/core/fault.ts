import { count } from "./change.ts";
import { boundedLines, quote } from "./text.ts";

/** One thing that is wrong with data from outside, told to the person who must act on it. */
export interface Fault {
  /** Where it is, as one would write it in YAML: `peers.cluster-b.stack`, `services["bar.xyz.svc.b"].ports[0]`; "" for the whole. */
  readonly path: string;
  /** The offending value; left out where there is none. */
  readonly value?: unknown;
  /** The rule it breaks, e.g. `must be a DNS-1123 label`. */
  readonly rule: string;
  /** What to do about it, in the imperative. */
  readonly remedy: string;
}

/** Writes a fault as one line of bounded length: `path: value rule. Remedy.` */
export function describeFault(fault: Fault): string {
  const path = fault.path === "" ? "" : `${fault.path}: `;
  const value = fault.value === undefined ? "" : `${quote(fault.value)} `;
  return `${path}${value}${fault.rule}. ${fault.remedy}.`;
}

/**
 * Writes faults as {@link describeFault} does, the first of many.
 * @param what the others are, for the line that counts them.
 */
export function describeFaults(faults: readonly Fault[], what: string): string[] {
  return boundedLines(faults, describeFault, (more) => `and ${count(more)} more ${what}`);
}

/** Joins steps to a path as one would write it in YAML. Steps that are no plain names come quoted, in brackets. */
export function pathOf(...steps: readonly PropertyKey[]): string {
  return steps.reduce<string>((path, step) => {
    if (typeof step === "number") return `${path}[${step}]`;
    const name = String(step);
    if (!/^[A-Za-z_][\w-]{0,62}$/.test(name)) return `${path}[${quote(name)}]`;
    return path === "" ? name : `${path}.${name}`;
  }, "");
}

/** The same fault, seen from further out: `within("peers.b", fault at cluster)` is at `peers.b.cluster`. */
export function within(outer: string, fault: Fault): Fault {
  if (fault.path === "") return { ...fault, path: outer };
  return { ...fault, path: fault.path.startsWith("[") ? `${outer}${fault.path}` : `${outer}.${fault.path}` };
}

/** Faults kept of one entry among very many: those of all must fit into memory. */
export const FIRST_FAULTS = 10;

/**
 * The first {@link FIRST_FAULTS} faults of one entry; a last one counts the others.
 * @param total how many there are, if more than are given.
 */
export function firstFaults(faults: readonly Fault[], total: number = faults.length): Fault[] {
  if (total <= FIRST_FAULTS) return [...faults];
  const rule = `has at least ${count(total - FIRST_FAULTS)} more fault(s)`;
  return [...faults.slice(0, FIRST_FAULTS), { path: "", rule, remedy: "Correct those above first" }];
}

/** All faults of one source at once: a stack's config, or what peers publish. The message tells the first, and how many more. */
export class FaultsError extends Error {
  readonly faults: readonly Fault[];

  /** @param source what is at fault, e.g. `config of stack cluster-a`. */
  constructor(source: string, faults: readonly Fault[]) {
    const lines = boundedLines(faults, describeFault).map((line) => `  - ${line}`);
    super(`${source} has ${count(faults.length)} fault(s):\n${lines.join("\n")}`);
    this.name = "FaultsError";
    this.faults = faults;
  }
}
/**
 * The command that sets a value of a stack's config, for a message.
 * @param path from the config's key on: `peers.b.identity.roots[0]`.
 */
export function settingCommand(path: string, value: string): string {
  return `\`pulumi config set --path 'istio-federation:${path}' ${value}\``;
}
