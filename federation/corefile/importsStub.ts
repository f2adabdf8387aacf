import { isIPv4 } from "node:net";
import { MARK_DOMAIN } from "../dns/reservedDomains.ts";
import type { Zone } from "../dns/zones.ts";
import { sortedUnique } from "../order.ts";
import { portsOf, serverKeys, zoneOf } from "./key.ts";
import { type Block, parseCorefile } from "./parse.ts";
import { BEGIN, DNS_PORT, END } from "./stub.ts";
import { PLAIN, type Surroundings, surroundingsOf } from "./surroundings.ts";

/**
 * A host that nobody asks for, by which our blocks are known where something dropped the lines around them: no question for it gets to
 * them, as it is in none of their zones, and no peer has names below its domain.
 */
export const IMPORTS_MARK = `imports.${MARK_DOMAIN}`;
const NOWHERE = "0.0.0.0";

/**
 * Server blocks of CoreDNS, in our markers: they answer exactly these names, and send on all else in their zones as the blocks around them
 * do. All zones for which that is the same are in one block, as each block costs CoreDNS a cache of its own. No word has quotes around it,
 * as in the block for global names.
 * @param zones at least one.
 * @param port on which the other blocks listen too.
 * @param around what stands around a zone.
 */
export function renderImportsStub(
  zones: readonly Zone[],
  port: number = DNS_PORT,
  around: (zone: string) => Surroundings = () => PLAIN,
): string {
  const groups = new Map<string, { surroundings: Surroundings; zones: Zone[] }>();
  for (const zone of zones) {
    const { bind, forward } = around(zone.name);
    const group = groups.get(forward);
    if (group === undefined) groups.set(forward, { surroundings: { bind, forward }, zones: [zone] });
    else group.zones.push(zone);
  }
  const blocks = [...groups.values()].map((group) => {
    const addresses = group.zones.flatMap((zone) => Object.entries(zone.addresses));
    const names = group.zones.map(({ name }) => name);
    return renderBlock(names, addresses, port, group.surroundings);
  });
  return `${BEGIN}\n${blocks.join("")}${END}\n`;
}

/**
 * The file is one that is always there and empty; `fallthrough` comes last, as nothing after it would be taken for a host. What the block
 * is asked is of its zones: its plugins need not look for that among many.
 */
function renderBlock(
  zones: readonly string[],
  addresses: readonly (readonly [host: string, address: string])[],
  port: number,
  { bind, forward }: Surroundings,
): string {
  const hosts = addresses.map(([host, address]) => `        ${address} ${host}\n`);
  return `${zones.map((zone) => `${zone}:${port}`).join(",\n")} {
${bind}    errors
    cache 30 .
    hosts /dev/null . {
${hosts.join("")}        ${NOWHERE} ${IMPORTS_MARK}
        ttl 30
        no_reverse
        reload 0s
        fallthrough
    }
${forward}}
`;
}

/** Whether a block was one of these once: nobody else writes that host. */
export function isImportsBlock({ words }: Block): boolean {
  return words.some(({ text }) => text === IMPORTS_MARK);
}

/** Whether a block is, word for word, one of these, with whatever names and surroundings. */
export function isWholeImportsBlock(block: Block): boolean {
  const keys = serverKeys(block);
  const [port, ...ports] = sortedUnique(keys.map((key) => String(portsOf(key))));
  if (port === undefined || ports.length > 0) return false;
  const addresses = block.words.flatMap(({ text, first }, at) => {
    const host = block.words[at + 1]?.text;
    return first && isIPv4(text) && host !== undefined && host !== IMPORTS_MARK
      ? [[host, text] as const]
      : [];
  });
  const [whole] =
    parseCorefile(renderBlock(keys.map(zoneOf), addresses, Number(port), surroundingsOf(block)))?.blocks ??
    [];
  return whole !== undefined && writtenOf(whole) === writtenOf(block);
}

/** A block in one text, in which nothing tells how its keys are parted. */
export function writtenOf({ keys, words }: Block): string {
  const body = words.slice(words.findIndex(({ text }) => text === "{")).map(({ text }) => text);
  return [...keys, ...body].join("\n");
}
