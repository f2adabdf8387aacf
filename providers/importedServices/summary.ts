import { isDeepStrictEqual } from "node:util";
import { changeBetween, count, describeChange, firstNames } from "../../federation/core/change.ts";
import { sortedUnique } from "../../federation/core/order.ts";
import { howToAccept, removalToken } from "../../federation/imports/brake.ts";
import { servingPeers } from "../../federation/imports/importedService.ts";
import { containsUnknown } from "../inputChecks.ts";
import { restorable } from "./drift.ts";
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
  const { left, before } = apart(isSame ? (olds.services ?? {}) : {}, inputs.handedOver);
  const changes = [
    describeChange(changeBetween(before, services)),
    left.length === 0
      ? ""
      : `leaves ${count(left.length)} to other peers, which serve them (${firstNames(left)})`,
    ...joining(before, services, peer),
    ...(isSame ? [moved("gateways", olds.gateways, inputs.gateways)] : []),
    ...(isSame ? othersMoved(olds.otherGateways, inputs.otherGateways) : []),
    ...(isSame ? [moved("exportTo", olds.exportTo, inputs.exportTo)] : []),
  ].filter((text) => text !== "");
  const kept = Object.keys(services);
  const keeps = kept.length > 0 && Object.keys(asked.services).length === 0;
  return [
    ...(changes.length === 0 ? [] : [`peer ${peer}: ${changes.join("; ")}`]),
    ...(keeps
      ? [
          `peer ${peer}: keeps the ${count(kept.length)} service(s) known before (${firstNames(kept)}). Are they meant to go? ` +
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

/** What goes to siblings, and what else was known before. */
function apart(
  services: Readonly<Record<string, string>>,
  handedOver: readonly string[] = [],
): { left: string[]; before: Record<string, string> } {
  const leaving = new Set(handedOver);
  const [left, before] = [true, false].map((isLeft) =>
    Object.entries(services).filter(([host]) => leaving.has(host) === isLeft),
  );
  return { left: (left ?? []).map(([host]) => host), before: Object.fromEntries(before ?? []) };
}

/** Who else answers for services from now on: it matters more than that they change. */
function joining(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
  own: string,
): string[] {
  const serving = Object.entries(after)
    .map(([host, line]) => ({ host, peers: servingPeers(line) }))
    .filter(({ peers }) => peers.length > 0);
  // Of very many lines none is touched where no service is shared.
  const known = serving.length === 0 ? {} : restorable(before);
  const joined = serving.flatMap(({ host, peers }) => {
    const already = [own, ...servingPeers(known[host] ?? "")];
    return peers.filter((peer) => !already.includes(peer)).map((peer) => ({ host, peer }));
  });
  return [...Map.groupBy(joined, ({ peer }) => peer)].map(
    ([peer, found]) =>
      `${count(found.length)} also served by ${peer} from now on (${firstNames(found.map(({ host }) => host))})`,
  );
}

function othersMoved(before: Inputs["otherGateways"] = {}, after: Inputs["otherGateways"] = {}): string[] {
  return sortedUnique([...Object.keys(before), ...Object.keys(after)]).map((peer) =>
    moved(`gateways of ${peer}`, before[peer] ?? [], after[peer] ?? []),
  );
}

function moved(field: string, before: readonly string[] | undefined, after: readonly string[]): string {
  if (before === undefined || isDeepStrictEqual(before, after)) return "";
  const told = (list: readonly string[]): string => (list.length === 0 ? "none" : firstNames(list));
  return `${field} ${told(before)} => ${told(after)}`;
}
