import { isDeepStrictEqual } from "node:util";
import { howToAccept, removalToken } from "../../federation/brake.ts";
import { changeBetween, count, describeChange, someOf } from "../../federation/change.ts";
import { containsUnknown } from "../checkFields.ts";
import { type Inputs, type Request, type State, UNFINISHED } from "./inputs.ts";

/**
 * What an update will do, a line per matter: it is what a preview says of a peer without any flags.
 * @param olds inputs of the last update, or what a refresh found; empty at the first.
 * @param asked what the program asks for.
 * @param inputs what `check` made of it.
 * @returns no line when nothing changes.
 */
export function summarize(olds: Partial<Inputs>, asked: Request, inputs: Inputs): string[] {
  if (containsUnknown([inputs.gateways, inputs.services])) return [];
  const { peer, services } = inputs;
  const isSame = olds.peer === peer && olds.namespace === inputs.namespace;
  const before = isSame ? (olds.services ?? {}) : {};
  const changes = [
    describeChange(changeBetween(before, services)),
    ...(isSame ? [moved("gateways", olds.gateways, inputs.gateways)] : []),
    ...(isSame ? [moved("exportTo", olds.exportTo, inputs.exportTo)] : []),
  ].filter((text) => text !== "");
  const kept = Object.keys(services);
  const keeps = kept.length > 0 && Object.keys(asked.services).length === 0;
  return [
    ...(changes.length === 0 ? [] : [`peer ${peer}: ${changes.join("; ")}`]),
    ...(keeps
      ? [
          `peer ${peer}: keeps the ${count(kept.length)} service(s) known before (${someOf(kept)}). Are they meant to go? ` +
            howToAccept(peer, removalToken(services, {})),
        ]
      : []),
  ];
}

/** What a preview says of an update that did not come to its end; undefined of one that did. */
export function unfinished({ peer, servicesDigest, imported }: State): string | undefined {
  if (servicesDigest !== UNFINISHED) return undefined;
  return `peer ${peer}: the last update stopped with ${count(imported)} service(s) registered; this one goes on from there`;
}

function moved(field: string, before: readonly string[] | undefined, after: readonly string[]): string {
  if (before === undefined || isDeepStrictEqual(before, after)) return "";
  const told = (list: readonly string[]): string => (list.length === 0 ? "none" : someOf(list));
  return `${field} ${told(before)} => ${told(after)}`;
}
