/** A plugin of a server block. */
export interface Plugin {
  name: string;
  /** Words after the name, on the same line. */
  args: string[];
  /** Text in the Corefile, from the name to the end of the line or the last brace. */
  written: string;
}

/** A server block, or a snippet. */
export interface Block {
  /** Empty for a snippet. */
  keys: string[];
  plugins: Plugin[];
  /** Position in the Corefile. */
  begin: number;
  end: number;
}

/** The outermost level of a Corefile. */
export interface Corefile {
  blocks: Block[];
  /** Imported files and snippets. */
  imports: string[];
}

/** Default port of CoreDNS. */
export const DNS_PORT = 53;

/** An environment variable, which CoreDNS fills in. */
const VARIABLE = /\{\$[^}]+\}|\{%.+?%\}/g;

/** Splits a Corefile into words, without their quotes; a comment that begins within a word ends with it. */
export function* wordsOf(
  corefile: string,
): Generator<{ text: string; begin: number; end: number; first: boolean }> {
  let last = 0;
  for (const { 0: written, index: begin } of corefile.matchAll(
    /#[^\n]*|"(?:[^"\\]|\\[^])*(?:"|$)|[^\s#"][^\s#]*(?:#\S*)?/g,
  )) {
    if (written.startsWith("#")) continue;
    const first = last === 0 || corefile.slice(last, begin).includes("\n");
    last = begin + written.length;
    const text = written.startsWith('"')
      ? written.replace(/^"|"$/g, "").replaceAll('\\"', '"')
      : written.replace(/#.*/, "");
    yield { text, begin, end: last, first };
  }
}

/**
 * Parses a Corefile as CoreDNS does.
 * @returns undefined for a Corefile with text outside of blocks with braces.
 */
export function parseCorefile(corefile: string): Corefile | undefined {
  const parsed: Corefile = { blocks: [], imports: [] };
  let [depth, start, isImport, hasArgs] = [0, 0, false, true];
  let keys: string[] = [];
  for (const { text, begin, end, first } of wordsOf(corefile)) {
    const block = parsed.blocks.at(-1);
    const plugin = block?.plugins.at(-1);
    if (isImport) {
      parsed.imports.push(text);
      isImport = false;
    } else if (depth === 0) {
      if (keys.length === 0) start = begin;
      isImport = first && text === "import" && keys.length === 0;
      if (text === "{" ? keys.length === 0 : text === "}") return undefined;
      // A key on a line of its own, without a comma before it, is a plugin of a Corefile without braces.
      if (text !== "{" && first && keys.length > 0 && keys.at(-1)?.endsWith(",") !== true) return undefined;
      if (text === "{") {
        parsed.blocks.push({ keys: serverKeys(keys), plugins: [], begin: start, end });
        keys = [];
        depth = 1;
      } else if (!isImport) keys.push(text);
    } else if (text === "}" && --depth === 0) {
      if (block !== undefined) block.end = end;
    } else if (depth === 1 && text !== "}" && (first || plugin === undefined)) {
      block?.plugins.push({ name: text, args: [], written: corefile.slice(begin, end) });
      [start, hasArgs] = [begin, true];
    } else if (plugin !== undefined) {
      hasArgs &&= !first && text !== "{";
      if (hasArgs) plugin.args.push(text);
      if (text === "{") depth++;
      plugin.written = corefile.slice(start, end);
    }
  }
  return depth === 0 && keys.length === 0 ? parsed : undefined;
}

function serverKeys(keys: readonly string[]): string[] {
  const [first = "", ...others] = keys;
  if (others.length === 0 && /^\(.*\)$/.test(first)) return [];
  return keys.map((key) => key.replace(/,$/, "")).filter((key) => key !== "");
}

/** Returns the zone of a key, `[scheme://]zone[:port or ports]`, or an argument: lower case, no final dot. */
export function zoneOf(key: string): string {
  return key
    .toLowerCase()
    .replace(/^[a-z0-9]+:\/\//, "")
    .replace(/:[^:]*$/, "")
    .replace(/\.$/, "");
}

/** Whether environment variables may make this key one for a zone. */
export function mayBeFor(key: string, zone: string): boolean {
  const parts = zoneOf(key.replace(VARIABLE, "\0")).split("\0");
  const pattern = parts.map((part) => part.replace(/[^\w-]/g, "\\$&")).join(".*");
  return parts.length > 1 && new RegExp(`^${pattern}$`).test(zone);
}

/** Returns the ports of a key for plain DNS: empty for another protocol, undefined when unknown. */
export function portsOf(key: string): number[] | undefined {
  const [, scheme = "dns", rest = ""] = /^(?:([a-z0-9]+):\/\/)?(.*)$/i.exec(key) ?? [];
  if (scheme.toLowerCase() !== "dns") return [];
  const [, first, last = first] = /:(\d+)(?:-(\d+))?$/.exec(rest) ?? [];
  if (first !== undefined) return first === last ? [Number(first)] : undefined;
  return rest.search(VARIABLE) === -1 ? [DNS_PORT] : undefined;
}
