import { GLOBAL_DOMAIN } from "../topology/globalName.ts";
import { portsOf, serverKeys, zoneItMayBe, zoneOf } from "./key.ts";
import { type Block, type Corefile, parseCorefile } from "./parse.ts";
import { placeOf, withoutStub } from "./place.ts";
import { BEGIN, END } from "./stub.ts";
import { isImportsBlock } from "./importsStub.ts";

/** What keeps a Corefile from taking our block, or from giving it back. */
export interface Obstacle {
  /** What is wrong, to follow the Corefile's name. */
  rule: string;
  /** What to do about it, in the imperative. */
  remedy: string;
}

const LEAVE_OUT = "or leave dns.coreDns out";

/** What keeps our block from being taken out: that nobody can tell which lines are ours. What others wrote does not. */
export function unclearIn(corefile: string): Obstacle | undefined {
  const place = placeOf(corefile);
  if (place === undefined || !("unclear" in place)) return undefined;
  const remedy = `Take what is left of our server block '${zoneLeftIn(corefile)}' out by hand, with the lines '${BEGIN}' and '${END}'`;
  return { rule: place.unclear, remedy };
}

/**
 * What keeps our block from being put in, or replaced: that nobody can tell which lines are ours, that somebody else answers for the
 * same names, or that nobody would ask it.
 * @param stub the block that is to be there.
 */
export function obstacleIn(corefile: string, stub: string): Obstacle | undefined {
  const unclear = unclearIn(corefile);
  if (unclear !== undefined) return unclear;
  const parsed = parseCorefile(withoutStub(corefile));
  const zones = zonesIn(stub);
  if (parsed !== undefined)
    return judgeKeys(parsed, zones) ?? judgeCluster(parsed, zones) ?? judgePorts(parsed, stub);
  const rule = "is not written in server blocks with braces, beside which another could stand";
  return { rule, remedy: `Have its owner write it so, ${LEAVE_OUT}` };
}

function judgeKeys({ blocks }: Corefile, zones: readonly string[]): Obstacle | undefined {
  const ours = new Set(zones);
  const keys = blocks.flatMap(serverKeys);
  const foreign = keys.find((key) => ours.has(zoneOf(key)));
  if (foreign !== undefined) {
    const rule = `has a server block '${foreign}' that somebody else wrote`;
    return { rule, remedy: `Have its owner remove that, ${LEAVE_OUT}` };
  }
  for (const unknown of keys) {
    const zone = zoneItMayBe(unknown, zones);
    if (zone === undefined) continue;
    const rule = `has a server block '${unknown}', which an environment variable may make one for '${zone}'`;
    return { rule, remedy: `Have its owner write its zone out, ${LEAVE_OUT}` };
  }
  return undefined;
}

/** The zones of our blocks. */
function zonesIn(stub: string): string[] {
  return (parseCorefile(stub)?.blocks ?? []).flatMap(serverKeys).map(zoneOf);
}

/** Of what is left of our blocks: the first zone of imported names, if there is one. */
function zoneLeftIn(corefile: string): string {
  const block = parseCorefile(corefile)?.blocks.find(isImportsBlock);
  return block === undefined ? GLOBAL_DOMAIN : zoneOf(block.keys[0] ?? "");
}

/** A cluster whose own names are such would no longer answer for them. */
function judgeCluster({ blocks }: Corefile, zones: readonly string[]): Obstacle | undefined {
  const zone = blocks
    .flatMap(kubernetesZones)
    .find((name) => zones.some((each) => `.${name}`.endsWith(`.${each}`)));
  if (zone === undefined) return undefined;
  const rule = `has the plugin 'kubernetes' for '${zone}', below which peers' services have their names`;
  return { rule, remedy: `Have its owner remove that zone, ${LEAVE_OUT}` };
}

/** The zones of the plugin `kubernetes`: its arguments, or what its block is for. */
function kubernetesZones(block: Block): string[] {
  const { words } = block;
  return words.flatMap(({ text, first }, at) => {
    if (text !== "kubernetes" || !(first || words[at - 1]?.text === "{")) return [];
    const rest = words.slice(at + 1);
    const count = rest.findIndex((word) => word.first || word.text === "{" || word.text === "}");
    const zones = rest.slice(0, count === -1 ? rest.length : count).map((word) => word.text);
    return (zones.length > 0 ? zones : serverKeys(block)).map(zoneOf);
  });
}

/** A block on a port of its own is never asked: clients' questions arrive where the other blocks listen. */
function judgePorts({ blocks, imports }: Corefile, stub: string): Obstacle | undefined {
  const keys = blocks.flatMap(serverKeys);
  const known = keys.map(portsOf).filter((ports) => ports !== undefined);
  const ports = [...new Set(known.flat())].sort((one, other) => one - other);
  const port = parseCorefile(stub)?.blocks.flatMap(serverKeys).flatMap(portsOf)[0];
  const unknown = imports.length > 0 || known.length < keys.length || ports.length === 0;
  if (unknown || port === undefined || ports.includes(port)) return undefined;
  const asked = keys.filter((key) => zoneOf(key) === "").flatMap(portsOf)[0] ?? ports[0];
  return {
    rule: `has no server block that listens on port ${port}, but on ${ports.join(" and ")}`,
    remedy: `Write dns.coreDns.port: ${asked}, where clients' questions arrive`,
  };
}
