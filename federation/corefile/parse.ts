/** A word of a Corefile. */
export interface Word {
  /** Without its quotes. */
  text: string;
  /** Where it is in the Corefile, with them. */
  begin: number;
  end: number;
  /** Whether it is the first one on its line. */
  first: boolean;
}

/** A server block, or a snippet: that is one whose only key is in parentheses. */
export interface Block {
  keys: string[];
  /** All of it, from the first key to the last brace. */
  words: Word[];
}

/** What is on a Corefile's outermost level. */
export interface Corefile {
  blocks: Block[];
  /** What it imports there: files, or snippets. */
  imports: string[];
}

/**
 * Reads a Corefile as CoreDNS does.
 * @returns undefined of a text that is not all in blocks with braces.
 */
export function parseCorefile(text: string): Corefile | undefined {
  const words = wordsOf(text);
  const corefile: Corefile = { blocks: [], imports: [] };
  for (let at = 0; at < words.length;) {
    if (words[at]?.first === true && words[at]?.text === "import") {
      corefile.imports.push(words[at + 1]?.text ?? "");
      at += 2;
      continue;
    }
    const block = blockOf(words.slice(at, endOfBlock(words, at)));
    if (block === undefined) return undefined;
    corefile.blocks.push(block);
    at += block.words.length;
  }
  return corefile;
}

/** The words of a Corefile: parted by blanks, with quotes and comments. One that begins within a word ends with it. */
export function wordsOf(text: string): Word[] {
  const words: Word[] = [];
  let last = 0;
  for (const { 0: written, index } of text.matchAll(
    /#[^\n]*|"(?:[^"\\]|\\[^])*(?:"|$)|[^\s#"][^\s#]*(?:#\S*)?/g,
  )) {
    if (written.startsWith("#")) continue;
    const begin = index;
    const first = last === 0 || text.slice(last, begin).includes("\n");
    last = begin + written.length;
    words.push({ text: unquoted(written), begin, end: last, first });
  }
  return words;
}

function unquoted(word: string): string {
  return word.startsWith('"') ? word.replace(/^"|"$/g, "").replaceAll('\\"', '"') : word.replace(/#.*/, "");
}

/** Which word comes after the block that begins here; the number of all when it does not end. */
function endOfBlock(words: readonly Word[], begin: number): number {
  let depth = 0;
  for (let at = begin; at < words.length; at++) {
    const { text } = words[at] ?? { text: "" };
    if (text === "{") depth++;
    if (text === "}" && --depth <= 0) return at + 1;
  }
  return words.length;
}

/** @returns undefined when these are no keys and braces that match. */
function blockOf(words: Word[]): Block | undefined {
  const texts = words.map(({ text }) => text);
  const brace = texts.indexOf("{");
  const count = (text: string) => texts.filter((other) => other === text).length;
  if (brace < 1 || count("{") !== count("}")) return undefined;
  // A key on a line of its own, without a comma before it, is none: it is a plugin of a Corefile without braces.
  const keys = words.slice(0, brace);
  if (keys.some(({ first }, index) => first && index > 0 && texts[index - 1]?.endsWith(",") !== true))
    return undefined;
  return { words, keys: keys.map(({ text }) => text.replace(/,$/, "")).filter((key) => key !== "") };
}
