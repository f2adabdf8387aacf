/** What is said of a rule with a selector that names no label. */
export const EMPTY_SELECTOR = {
  rule: "has an empty selector, which selects nothing",
  remedy: "Name a label in it, or take the rule out",
};

/** Whether a selector is there that selects nothing, as it names no label. */
export function isEmpty(selector: Record<string, string> | undefined): boolean {
  return selector !== undefined && Object.keys(selector).length === 0;
}

/** Whether all labels asked for are there; an empty selector matches nothing. */
export function matches(selector: Record<string, string>, labels: Record<string, string>): boolean {
  const wanted = Object.entries(selector);
  return (
    wanted.length > 0 && wanted.every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value)
  );
}
