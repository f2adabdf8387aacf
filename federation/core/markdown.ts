/** Characters that begin a mention, a link, an emphasis, HTML or a table's cell in GitHub's and GitLab's Markdown. */
const ACTIVE = /[\\`*_{}[\]()#+!|<>@~&$]|:(?=\/\/)|(?<=www)\./gi;

/** Characters that a reader does not see, or that end a line. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu;

/**
 * Writes text of somebody else as plain text in Markdown: no mention, link, HTML, emphasis or end of a cell, and no control characters. Each
 * active character becomes its character reference, which no renderer acts on (CommonMark, section 6.2 "Entity and numeric character references").
 */
export function plainMarkdown(text: string): string {
  return text.replace(UNSEEN, " ").replace(ACTIVE, (character) => `&#${character.codePointAt(0)};`);
}

/** Formats a table; cells are Markdown. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}
