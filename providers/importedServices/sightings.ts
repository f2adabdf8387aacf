import { type ImportKind, type ImportObject, renderImport } from "../../federation/imports/importObjects.ts";
import type { ImportedService } from "../../federation/imports/importedService.ts";
import { UNREADABLE, differences, lineOf } from "./drift.ts";
import type { State } from "./inputs.ts";
import { hostOf, isLocal } from "./names.ts";
import { type LiveObject, gatewaysIn, serviceIn } from "./objects.ts";

/** An entry, in what it differs itself, and what of its service is yet to be seen. */
interface Waiting {
  readonly service: ImportedService;
  readonly differing: string[];
  readonly missing: Set<ImportKind>;
}

/** Collects what a refresh finds of the services of one peer, as lines. Of very many objects each is forgotten as soon as it is told. */
export class Sightings {
  private readonly told: [host: string, line: string][] = [];
  private readonly waiting = new Map<string, Waiting>();
  /** By the name of the local Service that an entry says to have. */
  private readonly localHosts = new Map<string, string>();
  private readonly known: Pick<State, "namespace" | "peer" | "exportTo"> & ReturnType<typeof gatewaysIn>;

  constructor(state: State) {
    const { namespace, peer, exportTo } = state;
    this.known = { namespace, peer, exportTo, ...gatewaysIn(state) };
  }

  /** Whether there is an entry that has an object of this kind, or should, that is not seen yet. */
  needs(kind: ImportKind): boolean {
    return [...this.waiting.values()].some(({ missing }) => missing.has(kind));
  }

  takeEntry(live: LiveObject): void {
    const host = live.metadata.name;
    const service = serviceIn(live, this.known.exportTo);
    if (service === undefined) {
      this.told.push([host, UNREADABLE]);
      return;
    }
    const [entry, ...others] = this.render(host, service);
    const differing = entry === undefined ? [] : differences(live, entry);
    if (others.length === 0) this.told.push([host, lineOf(service, differing)]);
    else this.waiting.set(host, { service, differing, missing: new Set(others.map(({ kind }) => kind)) });
    if (service.localService !== undefined) this.localHosts.set(service.localService, host);
  }

  /** Of what belongs to an entry that is not there, or tells nothing of it, there is nothing to say but that it is not as it should be. */
  take(kind: ImportKind, live: LiveObject): void {
    const { name } = live.metadata;
    // What it says itself may be edited.
    const host = (isLocal(kind) ? this.localHosts.get(name) : undefined) ?? hostOf(live);
    const found = this.waiting.get(host);
    const object =
      found &&
      this.render(host, found.service).find((each) => each.kind === kind && each.metadata.name === name);
    if (found === undefined || object === undefined) {
      this.told.push([host, UNREADABLE]);
      return;
    }
    found.differing.push(...differences(live, object).map((field) => `${kind} ${field}`));
    found.missing.delete(kind);
    if (found.missing.size > 0) return;
    this.waiting.delete(host);
    this.told.push([host, lineOf(found.service, found.differing)]);
  }

  /** @returns each host with its line. */
  end(): [host: string, line: string][] {
    for (const [host, { service, differing, missing }] of this.waiting) {
      this.told.push([host, lineOf(service, [...differing, ...missing])]);
    }
    this.waiting.clear();
    return this.told;
  }

  private render(host: string, service: ImportedService): ImportObject[] {
    return renderImport({ ...this.known, host, service });
  }
}
