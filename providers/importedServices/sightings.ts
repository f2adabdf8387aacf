import { hasDestinationRule } from "../../federation/imports/destinationRule.ts";
import type { ImportedService } from "../../federation/imports/importLine.ts";
import { renderImport } from "../../federation/imports/importObjects.ts";
import { UNREADABLE, differences, lineOf } from "./drift.ts";
import type { State } from "./inputs.ts";
import { type LiveObject, gatewaysIn, serviceIn } from "./objects.ts";

/** Collects what a refresh finds of the services of one peer, as lines. Of very many objects each is forgotten as soon as it is told. */
export class Sightings {
  private readonly told: [host: string, line: string][] = [];
  /** Entries whose DestinationRules are yet to be seen, and in what they differ themselves. */
  private readonly ruled = new Map<string, { service: ImportedService; differing: string[] }>();
  private readonly known: Pick<State, "namespace" | "peer" | "exportTo"> & ReturnType<typeof gatewaysIn>;

  constructor(state: State) {
    const { namespace, peer, exportTo } = state;
    this.known = { namespace, peer, exportTo, ...gatewaysIn(state) };
  }

  /** Whether there is an entry that has a DestinationRule, or should. */
  get needsRules(): boolean {
    return this.ruled.size > 0;
  }

  takeEntry(live: LiveObject): void {
    const host = live.metadata.name;
    const service = serviceIn(live, this.known.exportTo);
    if (service === undefined) {
      this.told.push([host, UNREADABLE]);
      return;
    }
    const [entry] = renderImport({ ...this.known, host, service });
    const differing = entry === undefined ? [] : differences(live, entry);
    if (!hasDestinationRule(service)) this.told.push([host, lineOf(service, differing)]);
    else this.ruled.set(host, { service, differing });
  }

  /** Of a DestinationRule without an entry there is nothing to say but that it is not as it should be. */
  takeRule(live: LiveObject): void {
    const host = live.metadata.name;
    const found = this.ruled.get(host);
    if (found === undefined) {
      this.told.push([host, UNREADABLE]);
      return;
    }
    const { service, differing } = found;
    this.ruled.delete(host);
    const [, rule] = renderImport({ ...this.known, host, service });
    const differs = rule === undefined ? [] : differences(live, rule);
    const all = [...differing, ...differs.map((field) => `DestinationRule ${field}`)];
    this.told.push([host, lineOf(service, all)]);
  }

  /** @returns each host with its line. */
  end(): [host: string, line: string][] {
    for (const [host, { service, differing }] of this.ruled) {
      this.told.push([host, lineOf(service, [...differing, "DestinationRule"])]);
    }
    this.ruled.clear();
    return this.told;
  }
}
