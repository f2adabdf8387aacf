/** What a text must be, and what to tell the person whose text is not. */
export interface TextRule {
  readonly test: (text: string) => boolean;
  /** Completes "<value> ...": `must be a DNS-1123 label`. */
  readonly rule: string;
  /** In the imperative, without a full stop. */
  readonly remedy: string;
}

/** A rule that is a regular expression and no more than `limit` characters. */
export function pattern(expression: RegExp, limit: number, rule: string, remedy: string): TextRule {
  return { test: (text) => text.length <= limit && expression.test(text), rule, remedy };
}
