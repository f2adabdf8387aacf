import { count, someOf } from "../change.ts";
import type { Fault } from "../fault.ts";
import type { ImportedService } from "../importLine.ts";

/** The services of one peer, by the names under which they are to be called here. */
interface Named {
  peer: string;
  services: Readonly<Record<string, ImportedService>>;
}

/**
 * No name can belong to two peers. Where their domains differ none does; names without a domain in them may clash.
 * @returns for each two peers that do, a fault of each.
 */
export function judgeNames(imports: readonly Named[]): { peer: string; fault: Fault }[] {
  const owner = new Map<string, string>();
  const clashes = new Map<string, Map<string, string[]>>();
  for (const { peer, services } of imports) {
    for (const name of Object.keys(services)) {
      const first = owner.get(name);
      if (first === undefined) owner.set(name, peer);
      else note(clashes, peer, first, name);
    }
  }
  return [...clashes].flatMap(([peer, others]) =>
    [...others].flatMap(([other, names]) => [
      { peer: other, fault: clash(peer, names) },
      { peer, fault: clash(other, names) },
    ]),
  );
}

function note(clashes: Map<string, Map<string, string[]>>, peer: string, first: string, name: string): void {
  const others = clashes.get(peer) ?? new Map<string, string[]>();
  clashes.set(peer, others);
  const names = others.get(first) ?? [];
  others.set(first, names);
  names.push(name);
}

function clash(other: string, names: readonly string[]): Fault {
  const rule = `have ${count(names.length)} name(s) here that are those of services of peer ${other} too: ${someOf(names)}`;
  const remedy = "Have one of the two clusters export them no longer, or remove one of the peers";
  return { path: "services", rule, remedy };
}
