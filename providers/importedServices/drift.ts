import { isDeepStrictEqual } from "node:util";
import type { ImportObject } from "../../federation/imports/importObjects.ts";
import { type ImportedService, formatImport } from "../../federation/imports/importedService.ts";
import { type LiveObject, ourAnnotations } from "./objects.ts";

const MARK = " (not as declared: ";
/** Instead of a line, for an entry that no line can describe. */
export const UNREADABLE = "not an entry that this program writes";

/** What a Service without a selector must not get from others, as then it would lead elsewhere. */
const ELSEWHERE = ["externalIPs", "selector"];

/**
 * Names the fields in which an object is not as declared. Its status, other managers' bookkeeping and labels or
 * annotations that others added do not count, nor what the API server fills in of a Service.
 */
export function differences(live: LiveObject, declared: ImportObject): string[] {
  const liveSpec = live.spec ?? {};
  const spec: Record<string, unknown> = { ...declared.spec };
  const others = declared.kind === "Service" ? ELSEWHERE : Object.keys(liveSpec);
  const fields = [...new Set([...others, ...Object.keys(spec)])];
  const labels = Object.entries(declared.metadata.labels);
  return [
    ...fields.filter((field) => !isDeepStrictEqual(liveSpec[field], spec[field])),
    ...(labels.every(([key, value]) => live.metadata.labels?.[key] === value) ? [] : ["labels"]),
    ...(isDeepStrictEqual(ourAnnotations(live), ourAnnotations(declared)) ? [] : ["annotations"]),
  ].sort();
}

/** The line of a service, marked with the fields in which what is there differs from what line and state say. */
export function lineOf(service: ImportedService, differing: readonly string[]): string {
  return `${formatImport(service)}${differing.length === 0 ? "" : `${MARK}${differing.join(", ")})`}`;
}

/** What to go on with from lines that a refresh wrote: without marks, and without what cannot be restored. */
export function restorable(services: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(services)
      .map(([host, line]): [string, string] => [host, line.split(MARK)[0] ?? line])
      .filter(([, line]) => line !== UNREADABLE),
  );
}
