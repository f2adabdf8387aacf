import { type DestinationRule, hasDestinationRule, renderDestinationRule } from "./destinationRule.ts";
import { type LocalService, type VirtualService, renderLocalService } from "./localService.ts";
import { type ServiceEntry, type ServiceEntryInput, renderServiceEntry } from "./serviceEntry.ts";

/**
 * An object by which a service of a peer is registered. Those of one service have its name here as their own, but for its local Service and
 * what belongs to that, which tell it in an annotation.
 */
export type ImportObject = ServiceEntry | DestinationRule | LocalService | VirtualService;

export type ImportKind = ImportObject["kind"];

/** What a service has that clients find by a Service too. The Service comes first: routes never lead away from one of somebody else. */
export const LOCAL_KINDS = ["Service", "VirtualService"] as const satisfies ImportKind[];

/** All kinds, in the order in which the objects of a service are made. */
export const IMPORT_KINDS = [
  "ServiceEntry",
  "DestinationRule",
  ...LOCAL_KINDS,
] as const satisfies ImportKind[];

/**
 * Renders all that registers a peer's service here, in the order in which it is made. It is taken away in the reverse order, so that
 * whatever there is of a service, its ServiceEntry is there.
 */
export function renderImport(input: ServiceEntryInput): ImportObject[] {
  const { localService } = input.service;
  return [
    renderServiceEntry(input),
    ...(hasDestinationRule(input.service) ? [renderDestinationRule(input)] : []),
    ...(localService === undefined ? [] : renderLocalService(localService, input)),
  ];
}
