import type { Block, Word } from "./parse.ts";

/** A plugin of a server block, from its name to the end of its line or to its last brace. */
export interface Plugin {
  name: string;
  words: Word[];
}

/** What cannot be written as a word without quotes around it. */
const NEEDS_QUOTES = /^$|[\s"#]/;
const INDENT = "    ";

/** The plugins of a server block, in their order. */
export function pluginsOf({ words }: Block): Plugin[] {
  const body = words.slice(words.findIndex(({ text }) => text === "{") + 1, -1);
  const plugins: Plugin[] = [];
  let depth = 0;
  for (const word of body) {
    const current = plugins.at(-1);
    if (depth === 0 && word.text !== "}" && (word.first || current === undefined))
      plugins.push({ name: word.text, words: [word] });
    else current?.words.push(word);
    depth += word.text === "{" ? 1 : word.text === "}" ? -1 : 0;
  }
  return plugins;
}

/** The arguments of a plugin: what follows its name on its line. */
export function argumentsOf({ words }: Plugin): string[] {
  const rest = words.slice(1).map(({ text, first }) => (first || text === "{" ? undefined : text));
  const end = rest.indexOf(undefined);
  return rest.slice(0, end === -1 ? rest.length : end).filter((text) => text !== undefined);
}

/**
 * Writes a plugin once more, as lines of another block.
 * @returns undefined for one that needs quotes.
 */
export function writePlugin({ words }: Plugin): string | undefined {
  if (words.some(({ text }) => NEEDS_QUOTES.test(text))) return undefined;
  let depth = 1;
  const written = words.map(({ text, first }, index) => {
    if (text === "}") depth--;
    const before = index === 0 ? INDENT : first ? `\n${INDENT.repeat(depth)}` : " ";
    if (text === "{") depth++;
    return before + text;
  });
  return `${written.join("")}\n`;
}
