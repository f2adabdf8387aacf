import { count } from "../../federation/change.ts";
import { type ImportKind, LOCAL_KINDS } from "../../federation/imports/importObjects.ts";
import { PEER_LABEL } from "../../federation/labels.ts";
import type { ClusterClient } from "../cluster/clusterClient.ts";
import { ClusterError } from "../cluster/clusterError.ts";
import type { KubernetesObject } from "../cluster/kinds.ts";
import { compareFew } from "./compareFew.ts";
import { type Comparison, compareWithCluster } from "./comparison.ts";
import type { Few } from "./fewHosts.ts";
import { unlessForbidden } from "./forbidden.ts";
import type { Inputs } from "./inputs.ts";
import { hostOf, localServiceOf, nameOf } from "./names.ts";
import { RESOURCES, declaredObjects, tellsOfRule } from "./objects.ts";
import { isOurs, sighted } from "./ownership.ts";
import { Progress } from "./progress.ts";
import { type Failure, reportFailures } from "./report.ts";
import { createObject, removeObject, updateObject } from "./writeObject.ts";
import { type Write, runWrites } from "./writes.ts";

/** What became of an update. */
export interface Outcome {
  /** How many of the declared entries are known to be in the cluster as declared. */
  imported: number;
  /**
   * What was done and what was not, then a sentence per cause; empty when the cluster has what was declared, and nothing
   * else of this peer.
   */
  failures: string[];
}

/** A write of an update: all that is to be done for one service. */
interface ServiceWrite extends Write {
  /** Whether it makes a declared service as declared; else it takes away one that is no longer declared. */
  readonly declares: boolean;
}

/**
 * Brings the cluster's objects of one peer to what is declared, with one list of each kind and only the writes that are needed. An
 * object of ours that is there already, from an update that was cut short or whose state was lost, is taken on as it is.
 * What does not belong to us stays untouched and is a failure.
 * @param few the only hosts to look at, instead of the lists. @default all
 * @throws ClusterError when the cluster cannot be read; nothing was written then.
 */
export async function applyImports(client: ClusterClient, inputs: Inputs, few?: Few): Promise<Outcome> {
  const { namespace, peer } = inputs;
  const handedOver = new Set(inputs.handedOver);
  const comparing = few === undefined ? compareWithCluster(client, inputs) : compareFew(client, inputs, few);
  const comparisons = await untouched(comparing);
  const refused = comparisons.flatMap(({ kind, taken }) =>
    [...taken].map(([host, owner]): Failure => {
      const reason = `${kind} ${namespace}/${nameOf(inputs.services, kind, host)} ${owner}`;
      return { name: host, reason };
    }),
  );
  const lost = new Set(refused.map(({ name }) => name));
  const writes = inOneWriteEach(
    declaringWrites(client, comparisons, inputs).filter(({ name }) => !lost.has(name)),
    removalsOf(client, comparisons, peer).filter(({ name }) => !handedOver.has(name)),
  );
  const progress = new Progress(
    (done, total) => `peer ${peer}: ${done} of ${total} services written`,
    writes.length,
  );
  const undone = await runWrites(writes, progress);
  const failures = [...refused, ...undone.map(({ write: { name }, ...why }) => ({ name, ...why }))];
  const wanted = Object.keys(inputs.services).length;
  const imported = wanted - lost.size - undone.filter(({ write }) => write.declares).length;
  if (failures.length === 0) return { imported, failures: [] };
  const left = undone.filter(({ write }) => !write.declares).length;
  const removals = writes.filter(({ declares }) => !declares);
  const sum =
    `${count(imported)} of ${count(wanted)} services are registered as declared` +
    (left === 0 ? "" : `; ${count(left)} of ${count(removals.length)} withdrawn ones are still there`);
  return { imported, failures: reportFailures(sum, failures) };
}

/** One write for each service of which something is not as declared: first those that change, then those that come. */
function declaringWrites(
  client: ClusterClient,
  comparisons: readonly Comparison[],
  inputs: Inputs,
): ServiceWrite[] {
  const declared = declaredObjects(inputs);
  const steps = new Map<string, Map<ImportKind, typeof createObject>>();
  const note = (host: string, kind: ImportKind, write: typeof createObject): void => {
    const known = steps.get(host) ?? new Map<ImportKind, typeof createObject>();
    steps.set(host, known.set(kind, write));
  };
  for (const { kind, changed } of comparisons) for (const host of changed) note(host, kind, updateObject);
  for (const { kind, missing } of comparisons) for (const host of missing) note(host, kind, createObject);
  return [...steps].map(([host, writes]) => ({
    name: host,
    declares: true,
    run: async () => {
      for (const object of declared(host)) await writes.get(object.kind)?.(client, object);
    },
  }));
}

/** A service that stays and loses its rule, or its local Service, loses that first: its entry tells of it as long as there is one. */
function inOneWriteEach(declaring: readonly ServiceWrite[], removals: readonly Write[]): ServiceWrite[] {
  const left = new Map(removals.map((removal) => [removal.name, removal]));
  const both = declaring.map((write): ServiceWrite => {
    const removal = left.get(write.name);
    if (removal === undefined) return write;
    left.delete(write.name);
    const run = async (): Promise<void> => {
      await removal.run();
      await write.run();
    };
    return { ...write, run };
  });
  return [...both, ...[...left.values()].map((removal) => ({ ...removal, declares: false }))];
}

/**
 * Takes away every object of one peer, found by its labels, so also those that no state knows of.
 * @returns what was done and what was not, then a sentence per cause; empty when none is left.
 * @throws ClusterError when the cluster cannot be read; nothing was deleted then.
 */
export async function removeImports(
  client: ClusterClient,
  { namespace, peer }: Pick<Inputs, "namespace" | "peer">,
): Promise<string[]> {
  const selected = { namespace, labelSelector: `${PEER_LABEL}=${peer}`, metadataOnly: true };
  const ours = (kind: ImportKind): Promise<Withdrawn> =>
    client.fold(RESOURCES[kind], selected, {
      begin: () => nothing(kind),
      take: (found, object) => {
        if (!isOurs(object, peer)) return;
        found.withdrawn.push(sighted(object));
        found.tellsOfRule ||= tellsOfRule(object);
        found.tellsOfLocal ||= localServiceOf(object) !== undefined;
      },
    });
  const entries = await untouched(ours("ServiceEntry"));
  const none = nothing("DestinationRule");
  const rules = await untouched(unlessForbidden(ours("DestinationRule"), entries.tellsOfRule, none));
  const local = entries.tellsOfLocal ? await untouched(Promise.all(LOCAL_KINDS.map(ours))) : [];
  const found = [entries, rules, ...local];
  const writes = removalsOf(client, found, peer);
  const progress = new Progress(
    (done, total) => `peer ${peer}: ${done} of ${total} services deleted`,
    writes.length,
  );
  const undone = await runWrites(writes, progress);
  if (undone.length === 0) return [];
  const sum = `${count(writes.length - undone.length)} of ${count(writes.length)} services of peer ${peer} are deleted`;
  return reportFailures(
    sum,
    undone.map(({ write: { name }, ...why }) => ({ name, ...why })),
  );
}

/** What there is of one kind that goes. */
interface Withdrawn {
  readonly kind: ImportKind;
  readonly withdrawn: KubernetesObject[];
  /** Whether any of it says that it has a DestinationRule. */
  tellsOfRule: boolean;
  /** Whether any of it says that it has a local Service. */
  tellsOfLocal: boolean;
}

function nothing(kind: ImportKind): Withdrawn {
  return { kind, withdrawn: [], tellsOfRule: false, tellsOfLocal: false };
}

/** One write for each host, which takes its objects away in the reverse order of their making. */
function removalsOf(
  client: ClusterClient,
  found: readonly Pick<Comparison, "kind" | "withdrawn">[],
  peer: string,
): Write[] {
  const byHost = new Map<string, (() => Promise<void>)[]>();
  for (const { kind, withdrawn } of found.toReversed()) {
    for (const object of withdrawn) {
      const host = hostOf(object);
      const steps = byHost.get(host) ?? [];
      steps.push(() => removeObject(client, kind, object, peer));
      byHost.set(host, steps);
    }
  }
  return [...byHost].map(([name, steps]) => ({
    name,
    run: async () => {
      for (const step of steps) await step();
    },
  }));
}

/** Says in the error of a first look that nothing has been written yet. */
async function untouched<T>(looking: Promise<T>): Promise<T> {
  try {
    return await looking;
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    const { remedy, ...failure } = error.failure;
    const both = [remedy, "Nothing was changed in the cluster"].filter((text) => text !== undefined);
    throw new ClusterError(error.where, { ...failure, remedy: both.join(". ") });
  }
}
