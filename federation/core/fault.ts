import { boundedLines, quote, count } from "./text.ts";

/** An error in data from outside, reported to the person who can correct it. */
export interface Fault {
  /** Place in the data, as YAML authors write it: `peers.cluster-b.stack`, `services["bar.xyz.svc.b"].ports[0]`; "" for all of it. */
  readonly path: string;
  /** The offending value; left out where there is none or it may be secret. */
  readonly value?: unknown;
  /** The rule it breaks, e.g. `must be a DNS-1123 label`. */
  readonly rule: string;
  /** The correction, in the imperative, without a full stop. */
  readonly remedy: string;
}

/** Formats a fault as one line of bounded length: `path: value rule. Remedy.` */
export function describeFault(fault: Fault): string {
  const path = fault.path === "" ? "" : `${fault.path}: `;
  const value = fault.value === undefined ? "" : `${quote(fault.value)} `;
  return `${path}${value}${fault.rule}. ${fault.remedy}.`;
}

/**
 * Formats the first faults, a line each, and counts the others.
 * @param what noun for the line that counts the others.
 */
export function describeFaults(faults: readonly Fault[], what: string): string[] {
  return boundedLines(faults, describeFault, (more) => `and ${count(more)} more ${what}`);
}

/** Joins keys to a path as YAML authors write it; keys that are not plain names are quoted, in brackets. */
export function pathOf(...steps: readonly PropertyKey[]): string {
  return steps.reduce<string>((path, step) => {
    if (typeof step === "number") return `${path}[${step}]`;
    const name = String(step);
    if (!/^[A-Za-z_][\w-]{0,62}$/.test(name)) return `${path}[${quote(name)}]`;
    return path === "" ? name : `${path}.${name}`;
  }, "");
}

/**
 * Whether an entry of the config, or a section around it, was left out for a fault: what is missing is a consequence of that.
 * @param skipped paths that were left out.
 */
export function isSkipped(skipped: readonly string[], ...steps: readonly string[]): boolean {
  return steps.some((_, index) => skipped.includes(pathOf(...steps.slice(0, index + 1))));
}

/** Prefixes a fault's path: `within("peers.b", fault at cluster)` is at `peers.b.cluster`. */
export function within(outer: string, fault: Fault): Fault {
  if (fault.path === "") return { ...fault, path: outer };
  return { ...fault, path: fault.path.startsWith("[") ? `${outer}${fault.path}` : `${outer}.${fault.path}` };
}

/** Faults kept for one entry of a very large map, so that those of all entries fit into memory. */
export const FIRST_FAULTS = 10;

/**
 * Returns the first {@link FIRST_FAULTS} faults of an entry, and one that counts the others.
 * @param total number of all faults, where more were found than are given.
 */
export function firstFaults(faults: readonly Fault[], total: number = faults.length): Fault[] {
  if (total <= FIRST_FAULTS) return [...faults];
  const rule = `has at least ${count(total - FIRST_FAULTS)} more fault(s)`;
  return [...faults.slice(0, FIRST_FAULTS), { path: "", rule, remedy: "Correct those above first" }];
}

/** Error with all faults of one source, such as a stack's config or a contract; its message lists the first ones. */
export class FaultsError extends Error {
  readonly faults: readonly Fault[];

  /** @param source of the data, e.g. `config of stack cluster-a`. */
  constructor(source: string, faults: readonly Fault[]) {
    const lines = boundedLines(faults, describeFault).map((line) => `  - ${line}`);
    super(`${source} has ${count(faults.length)} fault(s):\n${lines.join("\n")}`);
    this.name = "FaultsError";
    this.faults = faults;
  }
}
/**
 * Formats the command that sets a value of a stack's config, for a message.
 * @param path within the namespace `istio-federation`: `peers.b.identity.roots[0]`.
 */
export function settingCommand(path: string, value: string): string {
  return `\`pulumi config set --path 'istio-federation:${path}' ${value}\``;
}

/** Formats the command that removes a value of a stack's config, see {@link settingCommand}. */
export function unsettingCommand(path: string): string {
  return `\`pulumi config rm --path 'istio-federation:${path}'\``;
}
