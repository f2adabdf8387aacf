import type { ImportKind, ImportObject } from "../../federation/imports/importObjects.ts";
import { PEER_LABEL } from "../../federation/labels.ts";
import type { ClusterClient } from "../cluster/clusterClient.ts";
import type { KubernetesObject } from "../cluster/kinds.ts";
import { differences } from "./drift.ts";
import type { Few } from "./fewHosts.ts";
import { unlessForbidden } from "./forbidden.ts";
import type { Inputs } from "./inputs.ts";
import { type LiveObject, RESOURCES, declaredObjects, declares, tellsOfRule } from "./objects.ts";
import { describeOwner, isOurs, isSiblings, sighted } from "./ownership.ts";

/** How the cluster's objects of one peer and kind differ from what is declared. They are named by their hosts. */
export interface Comparison {
  readonly kind: ImportKind;
  /** Declared, and there under their names, but not as declared; or as a sibling's, to be taken over. */
  readonly changed: readonly string[];
  /** Declared, and not there. */
  readonly missing: readonly string[];
  /** Ours, and no longer declared. */
  readonly withdrawn: readonly KubernetesObject[];
  /** Not ours, under names that are declared: by name whose they are, as `describeOwner` says it. */
  readonly taken: ReadonlyMap<string, string>;
}

/** What is known of the cluster's objects of one kind while they are listed, by their names. */
class Findings {
  /** Ours, and declared. */
  readonly present = new Set<string>();
  /** Of the present ones those that are not as declared. */
  readonly changed = new Set<string>();
  readonly withdrawn: KubernetesObject[] = [];
  readonly taken = new Map<string, string>();
}

/** What to compare with. */
interface Declared {
  readonly inputs: Inputs;
  readonly objectOf: (host: string, kind: ImportKind) => ImportObject | undefined;
}

/**
 * Looks what is there, by one list of each kind; by a second one, of metadata only, whose the names are that are to be added. Each object
 * is compared as it comes, and only what is needed later is kept of it.
 * @returns one for each kind, in the order in which they are made.
 * @throws ClusterError when the cluster cannot be read.
 */
export async function compareWithCluster(client: ClusterClient, inputs: Inputs): Promise<Comparison[]> {
  const declared = declare(inputs);
  const entries = await compareKind(client, declared, "ServiceEntry");
  const isNeeded = Object.keys(inputs.services).some((host) =>
    declares(inputs.services, "DestinationRule", host),
  );
  const rules = compareKind(client, declared, "DestinationRule");
  return [entries, await unlessForbidden(rules, isNeeded, nothing("DestinationRule"))];
}

function nothing(kind: ImportKind): Comparison {
  return { kind, changed: [], missing: [], withdrawn: [], taken: new Map() };
}

async function compareKind(
  client: ClusterClient,
  { inputs, objectOf }: Declared,
  kind: ImportKind,
): Promise<Comparison> {
  const { namespace, peer, services } = inputs;
  const selected = { namespace, labelSelector: `${PEER_LABEL}=${peer}` };
  const found = await client.fold<LiveObject, Findings>(RESOURCES[kind], selected, {
    begin: () => new Findings(),
    take: (findings, live) => {
      const { name } = live.metadata;
      if (!isOurs(live, peer)) return void findings.taken.set(name, describeOwner(live));
      const object = declares(services, kind, name) ? objectOf(name, kind) : undefined;
      if (object === undefined) return void findings.withdrawn.push(sighted(live));
      findings.present.add(name);
      if (differences(live, object).length > 0) findings.changed.add(name);
    },
  });
  const hosts = Object.keys(services).filter((host) => declares(services, kind, host));
  const absent = hosts.filter((host) => !found.present.has(host));
  const others = absent.length === 0 ? new Others() : await lookAtOthers(client, inputs, kind);
  const owners = new Map([...others.owners, ...found.taken]);
  return {
    kind,
    changed: hosts.filter((host) => found.changed.has(host) || others.siblings.has(host)),
    missing: absent.filter((host) => !owners.has(host) && !others.siblings.has(host)),
    withdrawn: found.withdrawn,
    taken: new Map([...owners].filter(([name]) => declares(services, kind, name))),
  };
}

/**
 * The same for a few hosts, each looked at by itself; for a DestinationRule only where there is, was or seems to be one.
 * @throws ClusterError when the cluster cannot be read.
 */
export async function compareFew(
  client: ClusterClient,
  inputs: Inputs,
  { hosts, before }: Few,
): Promise<Comparison[]> {
  const { namespace, services } = inputs;
  const declared = declare(inputs);
  const look = (kind: ImportKind, names: readonly string[]): Promise<(LiveObject | undefined)[]> =>
    Promise.all(names.map((name) => client.get<LiveObject>(RESOURCES[kind], namespace, name)));
  const entries = await look("ServiceEntry", hosts);
  const ruled = hosts.filter((host, index) => {
    const entry = entries[index];
    const isDeclared = [services, before].some((lines) => declares(lines, "DestinationRule", host));
    return isDeclared || (entry !== undefined && tellsOfRule(entry));
  });
  const comparison = judge(declared, "ServiceEntry", hosts, entries);
  if (ruled.length === 0) return [comparison];
  return [comparison, judge(declared, "DestinationRule", ruled, await look("DestinationRule", ruled))];
}

function judge(
  { inputs: { peer, services, siblings }, objectOf }: Declared,
  kind: ImportKind,
  hosts: readonly string[],
  found: readonly (LiveObject | undefined)[],
): Comparison {
  const changed: string[] = [];
  const missing: string[] = [];
  const withdrawn: KubernetesObject[] = [];
  const taken = new Map<string, string>();
  for (const [index, host] of hosts.entries()) {
    const live = found[index];
    const object = declares(services, kind, host) ? objectOf(host, kind) : undefined;
    if (live === undefined) {
      if (object !== undefined) missing.push(host);
    } else if (!isOurs(live, peer)) {
      if (object === undefined) continue;
      if (isSiblings(live, siblings)) changed.push(host);
      else taken.set(host, describeOwner(live));
    } else if (object === undefined) withdrawn.push(sighted(live));
    else if (differences(live, object).length > 0) changed.push(host);
  }
  return { kind, changed, missing, withdrawn, taken };
}

/** Who has the declared names that are not this peer's. */
class Others {
  readonly siblings = new Set<string>();
  /** By name, those of everybody else. */
  readonly owners = new Map<string, string>();
}

function lookAtOthers(
  client: ClusterClient,
  { namespace, peer, services, siblings }: Inputs,
  kind: ImportKind,
): Promise<Others> {
  const selected = { namespace, labelSelector: `${PEER_LABEL}!=${peer}`, metadataOnly: true };
  return client.fold(RESOURCES[kind], selected, {
    begin: () => new Others(),
    take: (others, object) => {
      const { name } = object.metadata;
      if (!declares(services, kind, name)) return;
      if (isSiblings(object, siblings)) others.siblings.add(name);
      else others.owners.set(name, describeOwner(object));
    },
  });
}

function declare(inputs: Inputs): Declared {
  const objects = declaredObjects(inputs);
  return { inputs, objectOf: (host, kind) => objects(host).find((object) => object.kind === kind) };
}
