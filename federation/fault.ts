/** One thing that is wrong with data from outside, told to the person who must act on it. */
export interface Fault {
  /** Where it is, as one would write it in YAML: `peers.cluster-b.stack`, `services["bar.xyz.svc.b"].ports[0]`. */
  readonly path: string;
  /** The offending value; left out where there is none. */
  readonly value?: unknown;
  /** The rule it breaks, e.g. `must be a DNS-1123 label`. */
  readonly rule: string;
  /** What to do about it, in the imperative. */
  readonly remedy: string;
}

/** Longest part of a value quoted in a message: peers are not to flood our logs. */
const QUOTED_CHARACTERS = 120;

/** Writes a fault as one line: `path: value rule. Remedy.` */
export function describeFault(fault: Fault): string {
  const value = fault.value === undefined ? "" : `${quote(fault.value)} `;
  return `${fault.path}: ${value}${fault.rule}. ${fault.remedy}.`;
}

/** A value as JSON, cut to a readable length, without characters that a terminal would act on or hide. */
export function quote(value: unknown): string {
  const text = (JSON.stringify(value) as string | undefined) ?? String(value);
  const cut = text.length > QUOTED_CHARACTERS ? `${text.slice(0, QUOTED_CHARACTERS)}…` : text;
  return cut.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (c) => `\\u{${c.codePointAt(0)?.toString(16)}}`);
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

/** All faults of one source at once: a stack's config, or what peers publish. */
export class FaultsError extends Error {
  readonly faults: readonly Fault[];

  /** @param source what is at fault, e.g. `config of stack cluster-a`. */
  constructor(source: string, faults: readonly Fault[]) {
    super(
      `${source} has ${faults.length} fault(s):\n${faults.map((f) => `  - ${describeFault(f)}`).join("\n")}`,
    );
    this.name = "FaultsError";
    this.faults = faults;
  }
}
