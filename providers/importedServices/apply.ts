import { count } from "../../federation/core/text.ts";
import type { ImportKind } from "../../federation/imports/serviceEntry.ts";
import type { ClusterClient } from "../../kubernetes/client.ts";
import { type Comparison, compareByHost, compareWithCluster } from "./comparison.ts";
import { DeclaredImports, isLocal } from "./declared.ts";
import type { ChangedHosts } from "./diff.ts";
import type { Inputs } from "./inputs.ts";
import { beforeWriting, removals } from "./remove.ts";
import { createObject, updateObject } from "./writeObject.ts";
import { type Failure, Progress, type Write, reportFailures, runWrites } from "./writes.ts";

/** Result of an update. */
export interface Outcome {
  /** Number of the declared services that are known to be in the cluster as declared. */
  imported: number;
  /** A summary, then a sentence for each cause; empty when the cluster has what was declared, and nothing else of this peer. */
  failures: string[];
}

/**
 * Makes the cluster's objects of one peer as declared, with one list of each kind and only the writes that are needed. An object of
 * ours that is there already, from an interrupted update or one whose state was lost, is kept. An object of somebody else stays
 * untouched and is a failure; a local Service of somebody else keeps only itself from being written.
 * @param changed the only hosts to read, instead of the lists. @default all
 * @throws ClusterError when the cluster cannot be read; nothing was written then.
 */
export async function applyImports(
  client: ClusterClient,
  inputs: Inputs,
  changed?: ChangedHosts,
): Promise<Outcome> {
  const { namespace, peer } = inputs;
  const handedOver = new Set(inputs.handedOver);
  const declared = new DeclaredImports(inputs);
  const comparisons = await beforeWriting(
    changed === undefined ? compareWithCluster(client, declared) : compareByHost(client, declared, changed),
  );
  const refused = comparisons.flatMap(({ kind, taken }) =>
    [...taken].map(([host, owner]): Failure => {
      const object = declared.nameOf(kind, host) ?? host;
      return { host, objects: [object], reason: `${kind} ${namespace}/${object} ${owner}` };
    }),
  );
  const writes = inOneWriteEach(
    declaringWrites(client, comparisons, declared),
    removals(client, comparisons).filter(({ host }) => !handedOver.has(host)),
  );
  const progress = new Progress(
    (done, total) => `peer ${peer}: ${done} of ${total} services written`,
    writes.length,
  );
  const undone = await runWrites(writes, progress);
  const failures = [...refused, ...undone];
  const wanted = Object.keys(inputs.services).length;
  const unwritten = undone.filter(({ declares }) => declares);
  const imported = wanted - new Set([...refused, ...unwritten].map(({ host }) => host)).size;
  if (failures.length === 0) return { imported, failures: [] };
  const left = undone.length - unwritten.length;
  const removed = writes.filter(({ declares }) => !declares);
  const sum =
    `${count(imported)} of ${count(wanted)} services are registered as declared` +
    (left === 0 ? "" : `; ${count(left)} of ${count(removed.length)} withdrawn ones are still there`);
  return { imported, failures: reportFailures(sum, failures) };
}

/**
 * One write for each service that is not as declared and not somebody else's: first changed ones, then added ones. Local Services
 * are written when all else is, as they serve fewer clients; where somebody else has one, or its VirtualService, the rest is written.
 */
function declaringWrites(
  client: ClusterClient,
  comparisons: readonly Comparison[],
  declared: DeclaredImports,
): Write[] {
  const steps = new Map<string, Map<ImportKind, typeof createObject>>();
  const takenOf = (isOne: (kind: ImportKind) => boolean): ReadonlySet<string> =>
    new Set(comparisons.flatMap(({ kind, taken }) => (isOne(kind) ? [...taken.keys()] : [])));
  const lost = takenOf((kind) => !isLocal(kind));
  const withoutLocal = takenOf(isLocal);
  const note = (host: string, kind: ImportKind, write: typeof createObject): void => {
    if (lost.has(host) || (isLocal(kind) && withoutLocal.has(host))) return;
    const known = steps.get(host) ?? new Map<ImportKind, typeof createObject>();
    steps.set(host, known.set(kind, write));
  };
  for (const { kind, changed } of comparisons) for (const host of changed) note(host, kind, updateObject);
  for (const { kind, missing } of comparisons) for (const host of missing) note(host, kind, createObject);
  return [...steps].map(([host, writes]) => {
    const write = async (isNow: (kind: ImportKind) => boolean): Promise<void> => {
      for (const object of declared.objects(host))
        if (isNow(object.kind)) await writes.get(object.kind)?.(client, object);
    };
    const local = declared.nameOf("Service", host);
    return {
      host,
      objects: local === undefined ? [] : [local],
      declares: true,
      run: () => write((kind) => !isLocal(kind)),
      finish: [...writes.keys()].some(isLocal) ? () => write(isLocal) : undefined,
    };
  });
}

/** A service that stays and loses its rule, or its local Service, loses that first: its ServiceEntry names it while there is one. */
function inOneWriteEach(declaring: readonly Write[], removing: readonly Write[]): Write[] {
  const left = new Map(removing.map((removal) => [removal.host, removal]));
  const both = declaring.map((write): Write => {
    const removal = left.get(write.host);
    if (removal === undefined) return write;
    left.delete(write.host);
    const run = async (): Promise<void> => {
      await removal.run();
      await write.run();
    };
    return { ...write, objects: [...write.objects, ...removal.objects], run };
  });
  return [...both, ...left.values()];
}
