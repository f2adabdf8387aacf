import { isDeepStrictEqual } from "node:util";
import { type GatewayAddress, formatGateway } from "../../federation/core/address.ts";
import { count, describeChange, firstNames } from "../../federation/core/text.ts";
import { ownValue, sortedUnique, type Change, changeBetween } from "../../federation/core/order.ts";
import { howToAccept, removalToken } from "../../federation/imports/brake.ts";
import { formatImport, formatImportChange, importFromJson } from "../../federation/imports/import.ts";
import { containsUnknown } from "../inputChecks.ts";
import { type ImportTexts, type Inputs, type Request, type State, UNFINISHED } from "./inputs.ts";

/** Most services of a peer that are logged one by one; more are counted. */
const LINES_LIMIT = 50;

/**
 * Describes what an update will do, for the log of a preview: one line for the peer, then one for each service.
 * @param olds inputs of the last update, or what a refresh found; empty before the first update.
 * @param asked what the program asks for.
 * @param inputs what `check` made of it.
 * @returns no line when nothing changes.
 */
export function summarize(olds: Partial<Inputs>, asked: Request, inputs: Inputs): string[] {
  if (containsUnknown([inputs.gateways, inputs.services])) return [];
  const { peer, services, braked } = inputs;
  const isSame = olds.peer === peer && olds.namespace === inputs.namespace;
  const known = (isSame && olds.services) || {};
  const leaving = new Set(inputs.handedOver);
  const left = Object.keys(known).filter((host) => leaving.has(host));
  const before = Object.fromEntries(Object.entries(known).filter(([host]) => !leaving.has(host)));
  const change = withDrift(changeBetween(before, services), (isSame && olds.notAsDeclared) || {}, services);
  const changes = [
    describeChange(change),
    left.length === 0
      ? ""
      : `leaves ${count(left.length)} to other peers, which serve them (${firstNames(left)})`,
    ...newServingPeers(change, before, services, peer),
    ...(isSame ? movedGateways(olds, inputs) : []),
    ...(isSame ? [moved("exportTo", olds.exportTo ?? [], inputs.exportTo)] : []),
  ].filter((text) => text !== "");
  const kept = Object.keys(services);
  const keeps = braked === "" && kept.length > 0 && Object.keys(asked.services).length === 0;
  const lines = [
    ...(changes.length === 0 ? [] : [changes.join("; "), ...serviceLines(change, before, services)]),
    ...(keeps
      ? [
          `keeps the ${count(kept.length)} service(s) known before (${firstNames(kept)}). Are they meant to be removed? ` +
            howToAccept(peer, removalToken(services, {})),
        ]
      : []),
  ];
  const stays = `error: peer ${peer}: keeps the ${count(kept.length)} service(s) known before, as it`;
  return [...(braked === "" ? [] : [`${stays} ${braked}`]), ...lines.map((line) => `peer ${peer}: ${line}`)];
}

/** Describes an update that was not completed; undefined when it was. */
export function unfinished({ peer, servicesDigest, imported }: State): string | undefined {
  if (servicesDigest !== UNFINISHED) return undefined;
  return `peer ${peer}: the last update stopped with ${count(imported)} service(s) registered; this one resumes`;
}

/** The change with what a refresh found to differ: a declared host is changed, another one removed. */
function withDrift(
  change: Change,
  notAsDeclared: Readonly<Record<string, string>>,
  after: ImportTexts,
): Change {
  const drifted = Object.keys(notAsDeclared);
  if (drifted.length === 0) return change;
  const isDrifted = new Set(drifted);
  return {
    added: change.added.filter((host) => !isDrifted.has(host)),
    changed: sortedUnique([...change.changed, ...drifted.filter((host) => Object.hasOwn(after, host))]),
    removed: sortedUnique([...change.removed, ...drifted.filter((host) => !Object.hasOwn(after, host))]),
  };
}

/** One line for each service that is added, changed or removed; the first of many. */
function serviceLines(
  { added, changed, removed }: Change,
  before: ImportTexts,
  after: ImportTexts,
): string[] {
  const lines = [
    ...added.map((host) => () => `+ ${host}: ${formatImport(importFromJson(after[host] ?? ""))}`),
    ...changed.map((host) => () => `~ ${host}: ${formatChange(ownValue(before, host), after[host] ?? "")}`),
    ...removed.map((host) => () => `- ${host}`),
  ];
  const more = lines.length - LINES_LIMIT;
  return [
    ...lines.slice(0, LINES_LIMIT).map((line) => line()),
    ...(more > 0 ? [`and ${count(more)} more services (\`pulumi preview --diff\` shows all)`] : []),
  ];
}

function formatChange(before: string | undefined, after: string): string {
  if (before === undefined || before === after) return "restored as declared";
  return formatImportChange(importFromJson(before), importFromJson(after));
}

/** The peers that serve hosts from now on too: it matters more than that the hosts change. */
function newServingPeers(
  { added, changed }: Change,
  before: ImportTexts,
  after: ImportTexts,
  own: string,
): string[] {
  const serving = (json: string | undefined): string[] =>
    json === undefined ? [] : importFromJson(json).servedBy.map(({ peer }) => peer);
  const joined = [...added, ...changed].flatMap((host) => {
    const already = [own, ...serving(ownValue(before, host))];
    return serving(after[host])
      .filter((peer) => !already.includes(peer))
      .map((peer) => ({ host, peer }));
  });
  return [...Map.groupBy(joined, ({ peer }) => peer)].map(
    ([peer, found]) =>
      `${count(found.length)} also served by ${peer} from now on (${firstNames(found.map(({ host }) => host))})`,
  );
}

function movedGateways(olds: Partial<Inputs>, inputs: Inputs): string[] {
  const format = (gateways: readonly GatewayAddress[] = []): string[] => gateways.map(formatGateway);
  const [before, after] = [olds.otherGateways ?? {}, inputs.otherGateways];
  return [
    moved("gateways", format(olds.gateways), format(inputs.gateways)),
    ...sortedUnique([...Object.keys(before), ...Object.keys(after)]).map((peer) =>
      moved(`gateways of ${peer}`, format(before[peer]), format(after[peer])),
    ),
  ];
}

function moved(field: string, before: readonly string[], after: readonly string[]): string {
  if (isDeepStrictEqual([...before], [...after])) return "";
  const format = (list: readonly string[]): string => (list.length === 0 ? "none" : firstNames(list));
  return `${field} ${format(before)} => ${format(after)}`;
}
