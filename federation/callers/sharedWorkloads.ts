import { compare, sortedRecord } from "../order.ts";

type Selector = Readonly<Record<string, string>>;

/** Selects the workloads that two selectors both select; undefined where there can be none, as they want other values of a label. */
export function joinSelectors(one: Selector, other: Selector): Record<string, string> | undefined {
  const disagree = Object.entries(other).some(
    ([key, value]) => Object.hasOwn(one, key) && one[key] !== value,
  );
  return disagree ? undefined : sortedRecord(Object.entries({ ...one, ...other }));
}

/** Whether some workload may be of both Services; each shares its own with itself. A Service without a selector has none. */
export function mayShare(
  one: { namespace: string; selector: Selector },
  other: { namespace: string; selector: Selector },
): boolean {
  const have = [one, other].every(({ selector }) => Object.keys(selector).length > 0);
  return (
    have && one.namespace === other.namespace && joinSelectors(one.selector, other.selector) !== undefined
  );
}

/** The widest of these selectors, in order: what a narrower one selects, another one does too. */
export function widest(selectors: readonly Record<string, string>[]): Record<string, string>[] {
  const different = new Map(selectors.map((selector) => [JSON.stringify(selector), selector]));
  const all = [...different].sort(([one], [other]) => compare(one, other)).map(([, selector]) => selector);
  return all.filter((selector) => !all.some((other) => other !== selector && isWithin(selector, other)));
}

/** Whether a selector asks for all that another one does. */
function isWithin(selector: Selector, other: Selector): boolean {
  return Object.entries(other).every(([key, value]) => selector[key] === value);
}
