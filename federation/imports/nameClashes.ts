import { count, someOf } from "../change.ts";
import { type Fault, pathOf } from "../fault.ts";
import type { Choice } from "./importChoice.ts";
import { type ImportedService, formatImport } from "./importLine.ts";
import { formatOutliers } from "./outlierDetection.ts";

/** A peer that has a name, and what it has under it. */
export interface Claim {
  choice: Choice;
  service: ImportedService;
}

/** What keeps two peers from serving names together. */
interface NameClash {
  claims: readonly [Claim, Claim];
  difference: string;
  names: string[];
}

/** What keeps peers from serving names together, each two peers and each thing in which they differ told once for all names. */
export class NameClashes {
  readonly #clashes = new Map<string, NameClash>();

  /**
   * @param what they differ in, in a word or two.
   * @param difference the same as the end of a sentence that begins with both.
   */
  note(name: string, claims: readonly [Claim, Claim], what: string, difference: string): void {
    const key = [...claims.map((claim) => placeOf(claim, name)), what].join(" ");
    const clash = this.#clashes.get(key) ?? { claims, difference, names: [] };
    this.#clashes.set(key, clash);
    clash.names.push(name);
  }

  /** A fault for each. */
  get faults(): Fault[] {
    return [...this.#clashes.values()].map(tell);
  }
}

/** In what two peers' services of one name differ that must not. */
const DIFFERENCES: readonly [what: string, of: (claim: Claim, name: string) => string][] = [
  ["names to ask their gateways for", ({ service }, name) => service.remoteHost ?? name],
  ["ports", ({ service: { ports } }) => formatImport({ ports, subjectAltNames: [] }).replace(/ as $/, "")],
  ["namespaces that see it", ({ choice, service }) => (service.exportTo ?? choice.seenBy).join(", ")],
  [
    "outlier detection",
    ({ service: { outlierDetection } }) => formatOutliers(outlierDetection ?? {}) || "none",
  ],
];

/** The end of a sentence for each thing in which two peers' services of one name differ, by what that is. */
export function differences(
  name: string,
  [one, other]: readonly [Claim, Claim],
): [what: string, difference: string][] {
  return DIFFERENCES.flatMap(([what, of]) => {
    const [mine, others] = [of(one, name), of(other, name)];
    return mine === others ? [] : [[what, `have other ${what} (${mine}; ${others})`]];
  });
}

/** Whether both gateways do the same with calls, so that one name and one identity serve for both. */
export function goTheSameWay(one: Claim, other: Claim): boolean {
  return one.service.terminated === other.service.terminated;
}

function tell({ claims, difference, names }: NameClash): Fault {
  const [one, other] = claims.map(({ choice }) => choice.imports.peer);
  const [name = ""] = names;
  const rules = [one, other].map((peer) => pathOf("peers", peer ?? "", "imports")).join(" or ");
  return {
    path: placeOf(claims[0], name),
    rule: `has ${count(names.length)} name(s) here that services of peer ${other} have too (${someOf(names)}), and they ${difference}`,
    remedy: `Have both say the same, or let one serve by a rule with 'priority: 1' or not be imported by one with 'skip', in ${rules}`,
  };
}

/** Where it is said that a peer's service has a name. */
function placeOf({ choice }: Claim, name: string): string {
  return choice.givenAt.get(name) ?? pathOf("peers", choice.imports.peer, "contract", "services");
}
