import { GLOBAL_DOMAIN } from "../topology/globalName.ts";
import { IMPORTS_MARK, isImportsBlock, isWholeImportsBlock, writtenOf } from "./importsStub.ts";
import { serverKeys, zoneOf } from "./key.ts";
import { type Block, parseCorefile, wordsOf } from "./parse.ts";
import { ANSWER, BEGIN, DNS_PORT, END, renderStub } from "./stub.ts";
import { surroundingsOf } from "./surroundings.ts";

/** Where our block is in a Corefile; when nobody can tell which lines of it are ours, what speaks against it. */
export type Place = { begin: number; end: number; marked: boolean } | { unclear: string } | undefined;

const MARKERS = new RegExp(`(?<![^\\n])[ \\t]*(${BEGIN}|${END})[ \\t]*\\r?(?:\\n|$)`, "g");
const LINES = `the lines '${BEGIN}' and '${END}'`;

/** Looks for our block: between its markers, or, where something dropped those, by what is in it. */
export function placeOf(corefile: string): Place {
  const marks = [...corefile.matchAll(MARKERS)];
  const [opening, closing] = marks;
  if (opening === undefined) return placeWithoutMarkers(corefile);
  if (closing === undefined || marks.map(([, mark]) => mark).join() !== [BEGIN, END].join())
    return { unclear: `has ${LINES} not once each, in this order` };
  const begin = opening.index;
  const end = closing.index + closing[0].length;
  const stranger = strangerIn(corefile.slice(begin + opening[0].length, closing.index));
  if (stranger !== undefined) return { unclear: stranger };
  const rest = corefile.slice(0, begin) + corefile.slice(end);
  const again = parseCorefile(rest)?.blocks.find(isLikeOurs);
  if (again !== undefined) return { unclear: `has our server block '${nameOf(again)}' twice` };
  return { begin, end, marked: true };
}

/**
 * What is there of our block, with its markers; when nobody can tell which lines are ours, a sentence that says so.
 * @returns undefined where there is none.
 */
export function stubIn(corefile: string): string | undefined {
  const place = placeOf(corefile);
  if (place === undefined) return undefined;
  return "unclear" in place ? `(the Corefile ${place.unclear})` : corefile.slice(place.begin, place.end);
}

/**
 * Puts a block in front, or in the place of an older one of ours; the rest stays to the letter, and all of it where nobody can tell
 * which lines are ours.
 * @param stub server blocks of ours in their markers; "" takes out what is there.
 */
export function withStub(corefile: string, stub: string): string {
  const place = placeOf(corefile) ?? { begin: 0, end: 0 };
  return "unclear" in place ? corefile : corefile.slice(0, place.begin) + stub + corefile.slice(place.end);
}

/** Takes out what {@link withStub} put in, and nothing else. */
export function withoutStub(corefile: string): string {
  return withStub(corefile, "");
}

/** What keeps all that is between the markers from being ours. */
function strangerIn(inside: string): string | undefined {
  const parsed = parseCorefile(inside);
  if (parsed === undefined) return `has no whole server block between ${LINES}`;
  const [stranger] = [
    ...parsed.imports.map((name) => `'import ${name}'`),
    ...parsed.blocks
      .filter((block) => !isImportsBlock(block))
      .flatMap(({ keys }) => keys)
      .filter((key) => zoneOf(key) !== GLOBAL_DOMAIN)
      .map((key) => `the server block '${key}'`),
  ];
  return stranger === undefined ? undefined : `has ${stranger}, which is not ours, between ${LINES}`;
}

function placeWithoutMarkers(corefile: string): Place {
  const parsed = parseCorefile(corefile);
  if (parsed === undefined) return brokenIn(corefile);
  const ours = parsed.blocks.filter(isLikeOurs);
  const names = ours.map(nameOf);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) return { unclear: `has our server block '${twice}' twice` };
  const changed = ours.find((block) => block.words[0]?.first !== true || !isOurs(block));
  if (changed !== undefined)
    return { unclear: `has our server block '${nameOf(changed)}', but changed and without ${LINES}` };
  const [first, last] = [ours[0]?.words[0], ours.at(-1)?.words.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const words = ours.reduce((sum, block) => sum + block.words.length, 0);
  if (wordsOf(corefile.slice(first.begin, last.end)).length > words)
    return {
      unclear: `has our server blocks, from '${names[0]}' to '${names.at(-1)}', with something else between them and without ${LINES}`,
    };
  const indent = /[ \t]*$/.exec(corefile.slice(0, first.begin))?.[0] ?? "";
  const rest = /^[ \t]*\r?(?:\n|$)/.exec(corefile.slice(last.end))?.[0] ?? "";
  return { begin: first.begin - indent.length, end: last.end + rest.length, marked: false };
}

/** What is left of blocks of ours in a Corefile that nobody can read. */
function brokenIn(corefile: string): Place {
  const words = wordsOf(corefile).map(({ text }) => text);
  const name = words.some((text) => text.startsWith(ANSWER))
    ? `block '${GLOBAL_DOMAIN}'`
    : words.includes(IMPORTS_MARK)
      ? "blocks of imported names"
      : undefined;
  return name === undefined ? undefined : { unclear: `has our server ${name} in braces that do not match` };
}

/** Whether a block was ours once: nobody else's answers begin like that, and nobody else has that host. */
function isLikeOurs(block: Block): boolean {
  const isGlobal =
    serverKeys(block).some((key) => zoneOf(key) === GLOBAL_DOMAIN) &&
    block.words.some(({ text }) => text.startsWith(ANSWER));
  return isGlobal || isImportsBlock(block);
}

/** By what a block of ours is called: its zone, however the key is written. */
function nameOf(block: Block): string {
  return isImportsBlock(block) ? zoneOf(block.keys[0] ?? "") : GLOBAL_DOMAIN;
}

/** Whether a block is, word for word, one of ours, with whatever address and port. */
function isOurs(block: Block): boolean {
  if (isImportsBlock(block)) return isWholeImportsBlock(block);
  const { keys, words } = block;
  const [, address] =
    words.map(({ text }) => /\\t([^\\"]+)"\}\}$/.exec(text)).find((found) => found !== null) ?? [];
  const [, port = DNS_PORT] = /:(\d+)$/.exec(keys[0] ?? "") ?? [];
  if (address === undefined) return false;
  const [whole] = parseCorefile(renderStub(address, Number(port), surroundingsOf(block)))?.blocks ?? [];
  return whole !== undefined && writtenOf(whole) === writtenOf(block);
}
