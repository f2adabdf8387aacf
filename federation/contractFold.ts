import type { Fault } from "./fault.ts";

/** Where folded services are. */
export const FOLD = "__services";

/** What was published, with its services where a contract has them; anything else comes back as it is. */
export function unfoldContract(published: unknown): unknown {
  if (!isFolded(published)) return published;
  const { [FOLD]: services, ...rest } = published;
  return { ...rest, services };
}

/** Services in both places: nothing tells which are meant. */
export function judgeFold(published: unknown): Fault[] {
  if (!isFolded(published) || !Object.hasOwn(published, "services")) return [];
  const rule = "is there beside 'services'";
  return [{ path: FOLD, rule, remedy: "Publish the services in one of the two places" }];
}

function isFolded(published: unknown): published is Record<string, unknown> {
  return typeof published === "object" && published !== null && Object.hasOwn(published, FOLD);
}
