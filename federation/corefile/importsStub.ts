import { isIPv4 } from "node:net";
import type { Zone } from "../dns/zones.ts";
import { serverKeys, zoneOf } from "./key.ts";
import { type Block, wordsOf } from "./parse.ts";
import { BEGIN, DNS_PORT, END } from "./stub.ts";

/**
 * A host that nobody asks for, by which our blocks are known where something dropped the lines around them: CoreDNS leaves out of
 * `hosts` what is of no zone of the block.
 */
export const IMPORTS_MARK = "imports.istio-federation.invalid";
const NOWHERE = "0.0.0.0";

/**
 * Server blocks of CoreDNS, one for each zone, in our markers: they answer exactly these names, and ask the resolvers in CoreDNS' own
 * /etc/resolv.conf for all else in those zones. No word has quotes around it, as in the block for global names.
 * @param zones at least one.
 * @param port on which the other blocks listen too.
 */
export function renderImportsStub(zones: readonly Zone[], port: number = DNS_PORT): string {
  return `${BEGIN}\n${zones.map((zone) => renderZone(zone, port)).join("")}${END}\n`;
}

/** The file is one that is always there and empty; `fallthrough` comes last, as nothing after it would be taken for a host. */
function renderZone({ name, addresses }: Zone, port: number): string {
  const hosts = Object.entries(addresses).map(([host, address]) => `        ${address} ${host}\n`);
  return `${name}:${port} {
    errors
    cache 30
    hosts /dev/null {
${hosts.join("")}        ${NOWHERE} ${IMPORTS_MARK}
        ttl 30
        no_reverse
        reload 0s
        fallthrough
    }
    forward . /etc/resolv.conf
}
`;
}

/** Whether a block was one of these once: nobody else writes that host. */
export function isImportsBlock({ words }: Block): boolean {
  return words.some(({ text }) => text === IMPORTS_MARK);
}

/** Whether a block is, word for word, one of these, with whatever names. */
export function isWholeImportsBlock(block: Block): boolean {
  const [key, ...others] = serverKeys(block);
  if (key === undefined || others.length > 0) return false;
  const [, port = DNS_PORT] = /:(\d+)$/.exec(key) ?? [];
  const texts = block.words.map(({ text }) => text);
  const addresses = block.words.flatMap(({ text, first }, at) => {
    const host = texts[at + 1];
    return first && isIPv4(text) && host !== undefined && host !== IMPORTS_MARK
      ? [[host, text] as const]
      : [];
  });
  const zone = { name: zoneOf(key), addresses: Object.fromEntries(addresses) };
  const whole = wordsOf(renderZone(zone, Number(port)));
  return texts.join("\n") === whole.map(({ text }) => text).join("\n");
}
