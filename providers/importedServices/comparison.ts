import { PEER_LABEL } from "../../federation/core/labels.ts";
import { type ImportKind, type ImportObject, LOCAL_KINDS } from "../../federation/imports/importObjects.ts";
import type { ClusterClient } from "../../kubernetes/client.ts";
import type { KubernetesObject } from "../../kubernetes/kinds.ts";
import { differences } from "./drift.ts";
import { unlessForbidden } from "./forbidden.ts";
import type { Inputs } from "./inputs.ts";
import { declares, hostFinder, localServiceOf } from "./names.ts";
import { type LiveObject, RESOURCES, declaredObjects } from "./objects.ts";
import { describeOwner, isOurs, isSiblings, sighted } from "./ownership.ts";

/** How the cluster's objects of one peer and kind differ from what is declared, each told by the host that it is for. */
export interface Comparison {
  readonly kind: ImportKind;
  /** Declared, and there under their names, but not as declared; or as a sibling's, to be taken over. */
  readonly changed: readonly string[];
  /** Declared, and not there. */
  readonly missing: readonly string[];
  /** Ours, and no longer declared. */
  readonly withdrawn: readonly KubernetesObject[];
  /** Not ours, under names that are declared: by host whose they are, as `describeOwner` says it. */
  readonly taken: ReadonlyMap<string, string>;
}

/** What is known of the cluster's objects of one kind while they are listed, by their hosts. */
class Findings {
  /** Ours, and declared. */
  readonly present = new Set<string>();
  /** Of the present ones those that are not as declared. */
  readonly changed = new Set<string>();
  readonly withdrawn: KubernetesObject[] = [];
  readonly taken = new Map<string, string>();
}

/** What to compare with. */
export interface Declared {
  readonly inputs: Inputs;
  readonly objectOf: (host: string, kind: ImportKind) => ImportObject | undefined;
}

/**
 * Looks what is there, by one list of each kind; by a second one, of metadata only, whose the names are that are to be added. Each object
 * is compared as it comes, and only what is needed later is kept of it. For local Services it looks only where some are declared, or an
 * entry says that it has one.
 * @returns one for each kind looked at, in the order in which they are made.
 * @throws ClusterError when the cluster cannot be read.
 */
export async function compareWithCluster(client: ClusterClient, inputs: Inputs): Promise<Comparison[]> {
  const declared = declare(inputs);
  const seen = { local: false };
  const entries = await compareKind(client, declared, "ServiceEntry", (entry) => {
    seen.local ||= localServiceOf(entry) !== undefined;
  });
  const isDeclared = (kind: ImportKind): boolean =>
    Object.keys(inputs.services).some((host) => declares(inputs.services, kind, host));
  const rules = await unlessForbidden(
    compareKind(client, declared, "DestinationRule"),
    isDeclared("DestinationRule"),
    nothing("DestinationRule"),
  );
  if (!seen.local && !isDeclared("Service")) return [entries, rules];
  const local = await Promise.all(LOCAL_KINDS.map((kind) => compareKind(client, declared, kind)));
  return [entries, rules, ...local];
}

function nothing(kind: ImportKind): Comparison {
  return { kind, changed: [], missing: [], withdrawn: [], taken: new Map() };
}

async function compareKind(
  client: ClusterClient,
  { inputs, objectOf }: Declared,
  kind: ImportKind,
  watch: (ours: LiveObject) => void = () => undefined,
): Promise<Comparison> {
  const { namespace, peer, services, siblings } = inputs;
  const hostNamed = hostFinder(services, kind);
  const selected = { namespace, labelSelector: `${PEER_LABEL}=${peer}` };
  const found = await client.fold<LiveObject, Findings>(RESOURCES[kind], selected, {
    begin: () => new Findings(),
    take: (findings, live) => {
      const host = hostNamed(live.metadata.name);
      if (!isOurs(live, peer)) {
        if (host !== undefined) findings.taken.set(host, describeOwner(live, siblings));
        return;
      }
      watch(live);
      const object = host === undefined ? undefined : objectOf(host, kind);
      if (host === undefined || object === undefined) return void findings.withdrawn.push(sighted(live));
      findings.present.add(host);
      if (differences(live, object).length > 0) findings.changed.add(host);
    },
  });
  const hosts = Object.keys(services).filter((host) => declares(services, kind, host));
  const absent = hosts.filter((host) => !found.present.has(host));
  const others = absent.length === 0 ? new Others() : await lookAtOthers(client, inputs, kind, hostNamed);
  const owners = new Map([...others.owners, ...found.taken]);
  return {
    kind,
    changed: hosts.filter((host) => found.changed.has(host) || others.siblings.has(host)),
    missing: absent.filter((host) => !owners.has(host) && !others.siblings.has(host)),
    withdrawn: found.withdrawn,
    taken: owners,
  };
}

/** Who has the declared names that are not this peer's. */
class Others {
  readonly siblings = new Set<string>();
  /** By host, those of everybody else. */
  readonly owners = new Map<string, string>();
}

function lookAtOthers(
  client: ClusterClient,
  { namespace, peer, siblings }: Inputs,
  kind: ImportKind,
  hostNamed: (name: string) => string | undefined,
): Promise<Others> {
  const selected = { namespace, labelSelector: `${PEER_LABEL}!=${peer}`, metadataOnly: true };
  return client.fold(RESOURCES[kind], selected, {
    begin: () => new Others(),
    take: (others, object) => {
      const host = hostNamed(object.metadata.name);
      if (host === undefined) return;
      if (isSiblings(object, host, siblings)) others.siblings.add(host);
      else others.owners.set(host, describeOwner(object, siblings));
    },
  });
}

/** How to make what inputs declare. */
export function declare(inputs: Inputs): Declared {
  const objects = declaredObjects(inputs);
  return { inputs, objectOf: (host, kind) => objects(host).find((object) => object.kind === kind) };
}
