import { count, firstNames } from "../../federation/core/change.ts";
import type { Undone } from "./writes.ts";

/** Why one entry is not as it is to be. */
export interface Failure {
  /** Name of the entry. */
  readonly name: string;
  /** Other names that its objects have, which the sentence may hold. */
  readonly objects?: readonly string[] | undefined;
  /** A sentence without its full stop; it may name the entry. Left out for a write that was not tried. */
  readonly reason?: string;
}

/** Why a write was not done. */
export function failureOf({ write: { name, objects }, ...why }: Undone): Failure {
  return { name, objects, ...why };
}

/**
 * What an update did not do, for the user: the sum first, then a sentence per cause.
 * @param sum how much is done and how much is not, as a sentence without its full stop.
 * @param failures at least one.
 */
export function reportFailures(sum: string, failures: readonly Failure[]): string[] {
  const tried = failures.flatMap(({ reason, ...whose }) =>
    reason === undefined ? [] : [{ ...whose, reason }],
  );
  const left = failures.length - tried.length;
  const stopped = left === 0 ? "" : `. Stopped with ${count(left)} not tried, as they would fail alike`;
  return [`${sum}${stopped}. The next run goes on from here`, ...byCause(tried)];
}

/** One sentence for all that failed for one cause: that of the first, and which others there are. */
function byCause(failures: readonly (Failure & { reason: string })[]): string[] {
  const groups = new Map<string, { reason: string; others: string[] }>();
  for (const { name, objects = [], reason } of failures) {
    const cause = objects.reduce(withoutObject, reason.replaceAll(name, ""));
    const group = groups.get(cause);
    if (group === undefined) groups.set(cause, { reason, others: [] });
    else group.others.push(name);
  }
  return [...groups.values()].map(({ reason, others }) =>
    others.length === 0
      ? reason
      : `${reason} (the same for ${count(others.length)} more: ${firstNames(others)})`,
  );
}

/** An object's name may be a word, or part of one: it is taken out only where it is said to be a name, as in `ns/bar` and `"bar"`. */
function withoutObject(reason: string, object: string): string {
  return reason.replaceAll(new RegExp(`(?<=[/"])${object.replaceAll(".", "\\.")}(?![-\\w]|\\.\\w)`, "g"), "");
}
