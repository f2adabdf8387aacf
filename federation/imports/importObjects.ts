import { type DestinationRule, hasDestinationRule, renderDestinationRule } from "./destinationRule.ts";
import { type ServiceEntry, type ServiceEntryInput, renderServiceEntry } from "./serviceEntry.ts";

/** An object by which a service of a peer is registered; all those of one service have its name here as their own. */
export type ImportObject = ServiceEntry | DestinationRule;

export type ImportKind = ImportObject["kind"];

/** All kinds, in the order in which the objects of a service are made. */
export const IMPORT_KINDS = ["ServiceEntry", "DestinationRule"] as const satisfies ImportKind[];

/**
 * Renders all that registers a peer's service here, in the order in which it is made. It is taken away in the reverse order, so that
 * whatever there is of a service, its ServiceEntry is there.
 */
export function renderImport(input: ServiceEntryInput): ImportObject[] {
  const entry = renderServiceEntry(input);
  return hasDestinationRule(input.service) ? [entry, renderDestinationRule(input)] : [entry];
}
