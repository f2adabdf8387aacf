import { isDeepStrictEqual } from "node:util";
import { parseGateway } from "../../federation/address.ts";
import { type ImportedService, formatImport, parseImport } from "../../federation/importLine.ts";
import { type ServiceEntry, renderServiceEntry } from "../../federation/serviceEntry.ts";
import type { KubernetesObject } from "../cluster/kinds.ts";
import type { Inputs, State } from "./inputs.ts";

/** A ServiceEntry as the API server returns it: what is in `spec` is whatever someone wrote. */
export type LiveEntry = KubernetesObject & { spec?: Record<string, unknown> };

const MARK = " (not as declared: ";
/** Instead of a line, for an entry that no line can describe. */
const UNREADABLE = "not an entry that this program writes";

/**
 * How to make the ServiceEntries that the inputs ask for, one at a time: all of them at once would be a lot of memory.
 * @returns renders the entry of one of the inputs' host names.
 */
export function declaredEntries(inputs: Inputs): (host: string) => ServiceEntry {
  const { namespace, peer, exportTo, services } = inputs;
  const gateways = inputs.gateways.map(parseGateway);
  return (host) =>
    renderServiceEntry({
      host,
      service: parseImport(services[host] ?? ""),
      gateways,
      exportTo,
      namespace,
      peer,
    });
}

/**
 * Names the fields in which an object is not as declared. Its status, other managers' bookkeeping and labels or
 * annotations that others added do not count.
 */
export function differences(live: LiveEntry, declared: ServiceEntry): string[] {
  const liveSpec = live.spec ?? {};
  const spec: Record<string, unknown> = declared.spec;
  const fields = [...new Set([...Object.keys(liveSpec), ...Object.keys(spec)])];
  const labels = Object.entries(declared.metadata.labels);
  return [
    ...fields.filter((field) => !isDeepStrictEqual(liveSpec[field], spec[field])),
    ...(labels.every(([key, value]) => live.metadata.labels?.[key] === value) ? [] : ["labels"]),
  ].sort();
}

/** An object as its line, marked when there is more to it than the line and the state say. */
export function lineOf(live: LiveEntry, { namespace, peer, gateways, exportTo }: State): string {
  const service = serviceIn(live);
  if (service === undefined) return UNREADABLE;
  const known = { namespace, peer, exportTo, gateways: gateways.map(parseGateway) };
  const differing = differences(live, renderServiceEntry({ ...known, host: live.metadata.name, service }));
  return `${formatImport(service)}${differing.length === 0 ? "" : `${MARK}${differing.join(", ")})`}`;
}

/** The service as far as a line can tell it. The API server's schema vouches for no more than the types. */
function serviceIn({ spec }: LiveEntry): ImportedService | undefined {
  try {
    return parseImport(formatImport(spec as unknown as ImportedService));
  } catch {
    return undefined;
  }
}

/** What to go on with from lines that `lineOf` wrote: without marks, and without what cannot be restored. */
export function restorable(services: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(services)
      .map(([host, line]): [string, string] => [host, line.split(MARK)[0] ?? line])
      .filter(([, line]) => line !== UNREADABLE),
  );
}
