import { count } from "../../federation/core/text.ts";
import { PEER_LABEL } from "../../federation/core/labels.ts";
import { type ImportKind, LOCAL_KINDS } from "../../federation/imports/serviceEntry.ts";
import type { ClusterClient } from "../../kubernetes/client.ts";
import { ClusterError } from "../../kubernetes/errors.ts";
import type { KubernetesObject } from "../../kubernetes/kinds.ts";
import type { Comparison } from "./comparison.ts";
import { isLocal } from "./declared.ts";
import type { Inputs } from "./inputs.ts";
import {
  RESOURCES,
  forDeletion,
  hostFor,
  isOurs,
  localServiceOf,
  namesRule,
  unlessForbidden,
} from "./liveObject.ts";
import { removeObject } from "./writeObject.ts";
import { Progress, type Write, reportFailures, runWrites } from "./writes.ts";

/**
 * Deletes every object of one peer, found by its labels: also those that no state knows, and those whose ServiceEntry is gone or
 * another peer's by now (a peer that the config renames takes its entries along, and creates local Services of its own).
 * @returns what was done and what was not, then a sentence for each cause; empty when none is left.
 * @throws ClusterError when the cluster cannot be read; nothing was deleted then.
 */
export async function removeImports(
  client: ClusterClient,
  { namespace, peer }: Pick<Inputs, "namespace" | "peer">,
): Promise<string[]> {
  const selected = { namespace, labelSelector: `${PEER_LABEL}=${peer}`, metadataOnly: true };
  const ours = (kind: ImportKind): Promise<Found> =>
    client.fold(RESOURCES[kind], selected, {
      begin: () => nothing(kind),
      take: (found, object) => {
        if (!isOurs(object, peer)) return;
        found.withdrawn.push(forDeletion(object));
        found.namesRule ||= namesRule(object);
        found.namesLocal ||= localServiceOf(object) !== undefined;
      },
    });
  const entries = await beforeWriting(ours("ServiceEntry"));
  const beside = (kind: ImportKind, isNeeded: boolean): Promise<Found> =>
    unlessForbidden(ours(kind), isNeeded, nothing(kind));
  const others = [
    beside("DestinationRule", entries.namesRule),
    ...LOCAL_KINDS.map((kind) => beside(kind, entries.namesLocal)),
  ];
  const found = [entries, ...(await beforeWriting(Promise.all(others)))];
  const writes = removals(client, found);
  const progress = new Progress(
    (done, total) => `peer ${peer}: ${done} of ${total} services deleted`,
    writes.length,
  );
  const undone = await runWrites(writes, progress);
  if (undone.length === 0) return [];
  const sum = `${count(writes.length - undone.length)} of ${count(writes.length)} services of peer ${peer} are deleted`;
  return reportFailures(sum, undone);
}

/** The objects of one kind that are to be deleted. */
interface Found {
  readonly kind: ImportKind;
  readonly withdrawn: KubernetesObject[];
  /** Whether one of them says that it has a DestinationRule. */
  namesRule: boolean;
  /** Whether one of them says that it has a local Service. */
  namesLocal: boolean;
}

function nothing(kind: ImportKind): Found {
  return { kind, withdrawn: [], namesRule: false, namesLocal: false };
}

/** One write for each host, which deletes its objects in the reverse order of their creation. */
export function removals(
  client: ClusterClient,
  found: readonly Pick<Comparison, "kind" | "withdrawn">[],
): Write[] {
  const all = found
    .toReversed()
    .flatMap(({ kind, withdrawn }) => withdrawn.map((object) => ({ kind, object })));
  return [...Map.groupBy(all, ({ object }) => hostFor(object))].map(([host, objects]) => ({
    host,
    objects: objects.filter(({ kind }) => isLocal(kind)).map(({ object }) => object.metadata.name),
    declares: false,
    run: async () => {
      for (const { kind, object } of objects) await removeObject(client, kind, object);
    },
    finish: undefined,
  }));
}

/** Adds to the error of a read that nothing has been written yet. */
export async function beforeWriting<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    const { remedy, ...failure } = error.failure;
    const both = [remedy, "Nothing was changed in the cluster"].filter((text) => text !== undefined);
    throw new ClusterError(error.where, { ...failure, remedy: both.join(". ") });
  }
}
