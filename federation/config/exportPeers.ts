import { type Fault, pathOf } from "../fault.ts";
import { compare } from "../order.ts";
import { suggestion } from "../schema.ts";
import { asRecord } from "./stackNames.ts";

/**
 * What is wrong with the peers that export rules name.
 * @param exports the config's `exports`, unchecked; `peers` likewise.
 */
export function judgeExportPeers(exports: unknown, peers: unknown): Fault[] {
  const known = Object.keys(asRecord(peers)).sort(compare);
  const rules: unknown[] = Array.isArray(exports) ? exports : [];
  return rules.flatMap((rule, index) =>
    unknownPeers(asRecord(rule)["peers"], ["exports", index, "peers"], known),
  );
}

/**
 * A fault for each name that is no peer's. What is no text at all is the schema's to refuse.
 * @param names a list, unchecked.
 * @param path of the list.
 * @param known the names of the config's peers.
 */
export function unknownPeers(
  names: unknown,
  path: readonly PropertyKey[],
  known: readonly string[],
): Fault[] {
  const entries: unknown[] = Array.isArray(names) ? names : [];
  return entries.flatMap((name, index) => unknownPeer(name, [...path, index], known));
}

/** The same for one name; nothing where it is a peer's. */
export function unknownPeer(name: unknown, path: readonly PropertyKey[], known: readonly string[]): Fault[] {
  if (typeof name !== "string" || known.includes(name)) return [];
  const choices = known.length === 0 ? "this stack has no peers" : `known here: ${known.join(", ")}`;
  const remedy = suggestion(name, known) ?? `Name one of this stack's peers; ${choices}`;
  return [{ path: pathOf(...path), value: name, rule: "is none of this stack's peers", remedy }];
}
