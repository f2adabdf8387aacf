import { count } from "../../federation/core/change.ts";
import type { ImportKind } from "../../federation/imports/importObjects.ts";
import type { ClusterClient } from "../../kubernetes/client.ts";
import { compareFew } from "./compareFew.ts";
import { type Comparison, compareWithCluster } from "./comparison.ts";
import type { Few } from "./fewHosts.ts";
import type { Inputs } from "./inputs.ts";
import { isLocal, nameOf } from "./names.ts";
import { declaredObjects } from "./objects.ts";
import { Progress } from "./progress.ts";
import { removalsOf, untouched } from "./remove.ts";
import { type Failure, failureOf, reportFailures } from "./report.ts";
import { createObject, updateObject } from "./writeObject.ts";
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
 * What does not belong to us stays untouched and is a failure; a local Service that does not keeps nothing but itself from being made.
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
      const object = nameOf(inputs.services, kind, host) ?? host;
      return { name: host, objects: [object], reason: `${kind} ${namespace}/${object} ${owner}` };
    }),
  );
  const writes = inOneWriteEach(
    declaringWrites(client, comparisons, inputs),
    removalsOf(client, comparisons, peer).filter(({ name }) => !handedOver.has(name)),
  );
  const progress = new Progress(
    (done, total) => `peer ${peer}: ${done} of ${total} services written`,
    writes.length,
  );
  const undone = await runWrites(writes, progress);
  const failures = [...refused, ...undone.map(failureOf)];
  const wanted = Object.keys(inputs.services).length;
  const unwritten = undone.filter(({ write }) => write.declares).map(({ write: { name } }) => name);
  const imported = wanted - new Set([...refused.map(({ name }) => name), ...unwritten]).size;
  if (failures.length === 0) return { imported, failures: [] };
  const left = undone.filter(({ write }) => !write.declares).length;
  const removals = writes.filter(({ declares }) => !declares);
  const sum =
    `${count(imported)} of ${count(wanted)} services are registered as declared` +
    (left === 0 ? "" : `; ${count(left)} of ${count(removals.length)} withdrawn ones are still there`);
  return { imported, failures: reportFailures(sum, failures) };
}

/**
 * One write for each service of which something is not as declared, and which is not somebody else's: first those that change, then those that
 * come. Local Services come when all else is written, as they serve fewer clients. Where somebody else has one, or what leads from there, the rest
 * is written.
 */
function declaringWrites(
  client: ClusterClient,
  comparisons: readonly Comparison[],
  inputs: Inputs,
): ServiceWrite[] {
  const declared = declaredObjects(inputs);
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
      for (const object of declared(host))
        if (isNow(object.kind)) await writes.get(object.kind)?.(client, object);
    };
    const local = nameOf(inputs.services, "Service", host);
    return {
      name: host,
      objects: local === undefined ? [] : [local],
      declares: true,
      run: () => write((kind) => !isLocal(kind)),
      ...([...writes.keys()].some(isLocal) ? { finish: () => write(isLocal) } : {}),
    };
  });
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
    return { ...write, objects: [...(write.objects ?? []), ...(removal.objects ?? [])], run };
  });
  return [...both, ...[...left.values()].map((removal) => ({ ...removal, declares: false }))];
}
