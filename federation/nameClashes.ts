import { count, someOf } from "./change.ts";
import { type Fault, pathOf } from "./fault.ts";
import type { Choice } from "./importChoice.ts";
import { compare } from "./order.ts";

/**
 * No name that a stack gives may be that of another peer's service, given by its rules or not.
 * @param choices of all peers, in any order.
 * @returns for each place that gives names, and each other peer that has them, a fault; sorted.
 */
export function judgeGivenNames(choices: readonly Choice[]): Fault[] {
  const sorted = [...choices].sort((one, other) => compare(one.imports.peer, other.imports.peer));
  const owners = Map.groupBy(
    sorted.flatMap((choice) => Object.keys(choice.imports.services).map((name) => ({ name, choice }))),
    ({ name }) => name,
  );
  const clashes = new Map<string, { path: string; other: string; names: string[] }>();
  for (const [name, claims] of owners) {
    if (claims.length < 2) continue;
    for (const { choice } of claims) {
      for (const { choice: other } of claims) {
        if (other === choice) continue;
        const path = choice.givenAt.get(name) ?? pathOf("peers", choice.imports.peer, "contract", "services");
        const key = `${path} ${other.imports.peer}`;
        const clash = clashes.get(key) ?? { path, other: other.imports.peer, names: [] };
        clashes.set(key, clash);
        clash.names.push(name);
      }
    }
  }
  return [...clashes.values()].map(({ path, other, names }) => ({
    path,
    rule: `has ${count(names.length)} name(s) here that services of peer ${other} have too: ${someOf(names)}`,
    remedy: `Give other names, or have one of them not imported by a rule with 'skip' in ${pathOf("peers", other, "imports")}`,
  }));
}
