import { isDeepStrictEqual } from "node:util";
import type { z } from "zod";
import {
  OUTLIERS_ANNOTATION,
  PEER_LABEL,
  REMOTE_HOST_ANNOTATION,
  SERVED_BY_ANNOTATION,
  TERMINATED,
  TERMINATED_ANNOTATION,
} from "../../federation/core/labels.ts";
import { append, sortedRecord, sortedUnique } from "../../federation/core/order.ts";
import { parseJson } from "../../federation/core/text.ts";
import { type Import, importToJson, servingPeers, toImport } from "../../federation/imports/import.ts";
import {
  type ImportKind,
  type ImportObject,
  LOCAL_KINDS,
  renderImport,
} from "../../federation/imports/serviceEntry.ts";
import { outlierDetection } from "../../federation/imports/outlierDetection.ts";
import type { ClusterClient } from "../../kubernetes/client.ts";
import { isLocal } from "./declared.ts";
import type { Inputs, State } from "./inputs.ts";
import {
  type LiveObject,
  RESOURCES,
  driftedFields,
  hostFor,
  isOurs,
  localServiceOf,
  ourAnnotations,
  unlessForbidden,
} from "./liveObject.ts";

/** Result of a refresh of one peer's services. */
export type Refreshed = Pick<Inputs, "services" | "notAsDeclared">;

/**
 * Reads what is really there of one peer, with one list of each kind; local Services only where a ServiceEntry says that it has one.
 * @throws ClusterError when the cluster cannot be read.
 */
export async function refreshImports(client: ClusterClient, state: State): Promise<Refreshed> {
  const { namespace, peer } = state;
  const list = <Sum>(kind: ImportKind, begin: () => Sum, take: (sum: Sum, live: LiveObject) => void) =>
    client.fold<LiveObject, Sum>(
      RESOURCES[kind],
      { namespace, labelSelector: `${PEER_LABEL}=${peer}` },
      {
        begin,
        take: (sum, live) => {
          if (isOurs(live, peer)) take(sum, live);
        },
      },
    );
  const collector = await list(
    "ServiceEntry",
    () => new RefreshCollector(state),
    (found, live) => {
      found.takeEntry(live);
    },
  );
  // Collected before they are taken: a list that starts again must not take an object twice.
  const all = (kind: ImportKind): Promise<LiveObject[]> =>
    list(
      kind,
      (): LiveObject[] => [],
      (found, live) => void found.push(live),
    );
  const needsLocal = collector.needs("Service");
  const rules = await unlessForbidden(all("DestinationRule"), collector.needs("DestinationRule"), []);
  for (const rule of rules) collector.take("DestinationRule", rule);
  if (needsLocal) {
    for (const kind of LOCAL_KINDS) for (const live of await all(kind)) collector.take(kind, live);
  }
  return collector.end();
}

/** Instead of fields, for a ServiceEntry from which no import can be read. */
const UNREADABLE = "not a ServiceEntry that this program writes";

/** A host whose ServiceEntry is read and other objects are not. */
interface Incomplete {
  readonly service: Import;
  readonly differing: string[];
  readonly missing: Set<ImportKind>;
}

/** Collects the imports of one peer during a refresh. Of very many objects each is dropped as soon as its host is complete. */
export class RefreshCollector {
  private readonly services: [host: string, json: string][] = [];
  private readonly notAsDeclared = new Map<string, string[]>();
  private readonly incomplete = new Map<string, Incomplete>();
  /** Host by the name of the local Service that its ServiceEntry says to have. */
  private readonly localHosts = new Map<string, string>();
  private readonly state: State;

  constructor(state: State) {
    this.state = state;
  }

  /** Whether a host lacks an object of this kind so far. */
  needs(kind: ImportKind): boolean {
    return [...this.incomplete.values()].some(({ missing }) => missing.has(kind));
  }

  takeEntry(live: LiveObject): void {
    const host = live.metadata.name;
    const service = importIn(live, this.state.exportTo);
    if (service === undefined) {
      append(this.notAsDeclared, host, UNREADABLE);
      return;
    }
    const [entry, ...others] = this.render(host, service);
    const differing = entry === undefined ? [] : driftedFields(live, entry);
    if (others.length === 0) this.complete(host, service, differing);
    else this.incomplete.set(host, { service, differing, missing: new Set(others.map(({ kind }) => kind)) });
    if (service.localService !== undefined) this.localHosts.set(service.localService, host);
  }

  /** Takes an object beside a ServiceEntry; one whose ServiceEntry is gone, or does not name it, is not as declared. */
  take(kind: ImportKind, live: LiveObject): void {
    const { name } = live.metadata;
    // First by the ServiceEntry: the object's own annotation may be edited.
    const host = (isLocal(kind) ? this.localHosts.get(name) : undefined) ?? hostFor(live);
    const found = this.incomplete.get(host);
    const object =
      found &&
      this.render(host, found.service).find((each) => each.kind === kind && each.metadata.name === name);
    if (found === undefined || object === undefined) {
      append(this.notAsDeclared, host, `unexpected ${kind}`);
      return;
    }
    found.differing.push(...driftedFields(live, object).map((field) => `${kind} ${field}`));
    found.missing.delete(kind);
    if (found.missing.size > 0) return;
    this.incomplete.delete(host);
    this.complete(host, found.service, found.differing);
  }

  end(): Refreshed {
    for (const [host, { service, differing, missing }] of this.incomplete) {
      this.complete(host, service, [...differing, ...missing]);
    }
    this.incomplete.clear();
    const notAsDeclared = [...this.notAsDeclared].map(([host, fields]) => [host, fields.join(", ")] as const);
    return { services: sortedRecord(this.services), notAsDeclared: sortedRecord(notAsDeclared) };
  }

  private complete(host: string, service: Import, differing: readonly string[]): void {
    this.services.push([host, importToJson(service)]);
    for (const field of differing) append(this.notAsDeclared, host, field);
  }

  private render(host: string, service: Import): ImportObject[] {
    const { namespace, peer, exportTo, gateways, otherGateways } = this.state;
    return renderImport({ host, service, namespace, peer, exportTo, gateways, otherGateways });
  }
}

/**
 * Reads the import of a ServiceEntry. The API server's schema guarantees no more than the types.
 * @param usual `exportTo` of the peer's services in general.
 * @returns undefined when it is none that this program writes.
 */
function importIn(entry: LiveObject, usual: readonly string[]): Import | undefined {
  const annotations = ourAnnotations(entry);
  const { ports, subjectAltNames, exportTo } = entry.spec ?? {};
  const plain = {
    ports,
    subjectAltNames,
    remoteHost: annotations[REMOTE_HOST_ANNOTATION],
    terminated: annotations[TERMINATED_ANNOTATION] === TERMINATED,
    servedBy: parseAnnotation(annotations[SERVED_BY_ANNOTATION], servingPeers),
    outlierDetection: parseAnnotation(annotations[OUTLIERS_ANNOTATION], outlierDetection),
    localService: localServiceOf(entry),
  };
  const isUsual = isDeepStrictEqual(sortedUnique(usual), exportTo);
  const own = isUsual ? undefined : toImport({ ...plain, exportTo }).data;
  return own ?? toImport(plain).data;
}

/** Parses an annotation in JSON; undefined where it is absent, or somebody edited it so that it is invalid. */
function parseAnnotation<T>(json: string | undefined, schema: z.ZodType<T>): T | undefined {
  return json === undefined ? undefined : schema.safeParse(parseJson(json)).data;
}
