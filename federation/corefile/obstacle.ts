import { isBelow, overlap } from "../hostname.ts";
import { GLOBAL_DOMAIN } from "../topology/globalName.ts";
import { isImportsBlock } from "./importsStub.ts";
import { portsOf, serverKeys, zoneItMayBe, zoneOf } from "./key.ts";
import { neighboursIn } from "./neighbours.ts";
import { type Block, type Corefile, parseCorefile } from "./parse.ts";
import { placeOf, withoutStub } from "./place.ts";
import { argumentsOf, pluginsOf } from "./plugins.ts";
import { BEGIN, END } from "./stub.ts";
import { surroundingsOf } from "./surroundings.ts";

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
    return (
      judgeKeys(parsed, zones) ??
      judgeCluster(parsed, zones) ??
      judgePorts(parsed, stub) ??
      judgeBind(corefile, stub)
    );
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

/** CoreDNS asks the block of the longest zone alone: in ours, the cluster's own names would get no answer any more. */
function judgeCluster({ blocks }: Corefile, zones: readonly string[]): Obstacle | undefined {
  for (const name of new Set(blocks.flatMap(kubernetesZones))) {
    const zone = zones.find((each) => overlap(each, name));
    if (zone === undefined) continue;
    const relation = isBelow(zone, name) ? `in which '${zone}' lies` : `which is, or lies in, '${zone}'`;
    const rule = `has the plugin 'kubernetes' for '${name}', ${relation}: our server block for peers' names there would answer in its place`;
    const remedy =
      zone === GLOBAL_DOMAIN
        ? "Leave dns.coreDns out: this cluster's own names may be global ones"
        : "Have these services called otherwise here (peers.<name>.names: mesh, or another name in 'as')";
    return { rule, remedy: zone === GLOBAL_DOMAIN ? remedy : `${remedy}, ${LEAVE_OUT}` };
  }
  return undefined;
}

/** The zones of the plugin `kubernetes`: its arguments, or what its block is for. */
function kubernetesZones(block: Block): string[] {
  return pluginsOf(block).flatMap((plugin) => {
    if (plugin.name !== "kubernetes") return [];
    const zones = argumentsOf(plugin);
    return (zones.length > 0 ? zones : serverKeys(block)).map(zoneOf);
  });
}

/** A block on an address of its own is never asked: CoreDNS looks only among those that listen where the question arrives. */
function judgeBind(corefile: string, stub: string): Obstacle | undefined {
  const blocks = parseCorefile(stub)?.blocks ?? [];
  const [port] = blocks.flatMap(serverKeys).flatMap(portsOf);
  if (port === undefined) return undefined;
  const { bind } = neighboursIn(corefile, port)("");
  if (blocks.every((block) => surroundingsOf(block).bind === bind)) return undefined;
  const here = bind === "" ? "on all addresses" : `where its '${bind.trim().replace(/\s+/g, " ")}' says`;
  const rule = `has a server block '.' that listens ${here}, and ours would listen elsewhere: it would never be asked`;
  const remedy = "Run it again where the cluster can be read, so that ours is written like that block";
  return { rule, remedy: `${remedy}, ${LEAVE_OUT}` };
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
