import { count } from "../../federation/core/change.ts";
import { PEER_LABEL } from "../../federation/core/labels.ts";
import { type ImportKind, LOCAL_KINDS } from "../../federation/imports/importObjects.ts";
import type { ClusterClient } from "../../kubernetes/client.ts";
import { ClusterError } from "../../kubernetes/errors.ts";
import type { KubernetesObject } from "../../kubernetes/kinds.ts";
import type { Comparison } from "./comparison.ts";
import { unlessForbidden } from "./forbidden.ts";
import type { Inputs } from "./inputs.ts";
import { hostOf, isLocal, localServiceOf } from "./names.ts";
import { RESOURCES, tellsOfRule } from "./objects.ts";
import { isOurs, sighted } from "./ownership.ts";
import { Progress } from "./progress.ts";
import { failureOf, reportFailures } from "./report.ts";
import { removeObject } from "./writeObject.ts";
import { type Write, runWrites } from "./writes.ts";

/**
 * Takes away every object of one peer, found by its labels, so also those that no state knows of, and those whose entry is gone or
 * another peer's by now: a peer that the config gives another name takes its entries along, and makes local Services of its own.
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
  const beside = (kind: ImportKind, isTold: boolean): Promise<Withdrawn> =>
    unlessForbidden(ours(kind), isTold, nothing(kind));
  const others = [
    beside("DestinationRule", entries.tellsOfRule),
    ...LOCAL_KINDS.map((kind) => beside(kind, entries.tellsOfLocal)),
  ];
  const found = [entries, ...(await untouched(Promise.all(others)))];
  const writes = removalsOf(client, found, peer);
  const progress = new Progress(
    (done, total) => `peer ${peer}: ${done} of ${total} services deleted`,
    writes.length,
  );
  const undone = await runWrites(writes, progress);
  if (undone.length === 0) return [];
  const sum = `${count(writes.length - undone.length)} of ${count(writes.length)} services of peer ${peer} are deleted`;
  return reportFailures(sum, undone.map(failureOf));
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
export function removalsOf(
  client: ClusterClient,
  found: readonly Pick<Comparison, "kind" | "withdrawn">[],
  peer: string,
): Write[] {
  const all = found
    .toReversed()
    .flatMap(({ kind, withdrawn }) => withdrawn.map((object) => ({ kind, object })));
  return [...Map.groupBy(all, ({ object }) => hostOf(object))].map(([name, those]) => ({
    name,
    objects: those.filter(({ kind }) => isLocal(kind)).map(({ object }) => object.metadata.name),
    run: async () => {
      for (const { kind, object } of those) await removeObject(client, kind, object, peer);
    },
  }));
}

/** Says in the error of a first look that nothing has been written yet. */
export async function untouched<T>(looking: Promise<T>): Promise<T> {
  try {
    return await looking;
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    const { remedy, ...failure } = error.failure;
    const both = [remedy, "Nothing was changed in the cluster"].filter((text) => text !== undefined);
    throw new ClusterError(error.where, { ...failure, remedy: both.join(". ") });
  }
}
