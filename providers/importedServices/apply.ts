import { count } from "../../federation/change.ts";
import { PEER_LABEL } from "../../federation/labels.ts";
import type { ClusterClient } from "../cluster/clusterClient.ts";
import { ClusterError } from "../cluster/clusterError.ts";
import { type KubernetesObject, SERVICE_ENTRY } from "../cluster/kinds.ts";
import { compareFew, compareWithCluster } from "./comparison.ts";
import { declaredEntries } from "./drift.ts";
import type { Inputs } from "./inputs.ts";
import { isOurs, sighted } from "./ownership.ts";
import { Progress } from "./progress.ts";
import { type Failure, reportFailures } from "./report.ts";
import { createEntry, removeEntry, updateEntry } from "./writeEntry.ts";
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

/** A write of an update. */
interface EntryWrite extends Write {
  /** Whether it makes a declared entry as declared; else it takes away one that is no longer declared. */
  readonly declares: boolean;
}

/**
 * Brings the cluster's entries of one peer to what is declared, with one list and only the writes that are needed. An
 * entry of ours that is there already, from an update that was cut short or whose state was lost, is taken on as it is.
 * What does not belong to us stays untouched and is a failure.
 * @param hosts the only ones to look at, instead of the list. @default all
 * @throws ClusterError when the cluster cannot be read; nothing was written then.
 */
export async function applyImports(
  client: ClusterClient,
  inputs: Inputs,
  hosts?: readonly string[],
): Promise<Outcome> {
  const { namespace, peer } = inputs;
  const comparison =
    hosts === undefined ? compareWithCluster(client, inputs) : compareFew(client, inputs, hosts);
  const { changed, missing, withdrawn, taken } = await untouched(comparison);
  const declared = declaredEntries(inputs);
  const declaring = (name: string, write: typeof createEntry): EntryWrite => ({
    name,
    declares: true,
    run: () => write(client, declared(name)),
  });
  const writes = [
    ...changed.map((host) => declaring(host, updateEntry)),
    ...missing.map((host) => declaring(host, createEntry)),
    ...withdrawn.map((entry) => ({ ...removal(client, entry, peer), declares: false })),
  ];
  const progress = new Progress(
    (done, total) => `peer ${peer}: ${done} of ${total} services written`,
    writes.length,
  );
  const undone = await runWrites(writes, progress);
  const refused = [...taken].map(([name, owner]): Failure => ({
    name,
    reason: `ServiceEntry ${namespace}/${name} ${owner}`,
  }));
  const failures = [...refused, ...undone.map(({ write: { name }, ...why }) => ({ name, ...why }))];
  const wanted = Object.keys(inputs.services).length;
  const imported = wanted - refused.length - undone.filter(({ write }) => write.declares).length;
  if (failures.length === 0) return { imported, failures: [] };
  const left = undone.filter(({ write }) => !write.declares).length;
  const sum =
    `${count(imported)} of ${count(wanted)} services are registered as declared` +
    (left === 0 ? "" : `; ${count(left)} of ${count(withdrawn.length)} withdrawn ones are still there`);
  return { imported, failures: reportFailures(sum, failures) };
}

/**
 * Takes away every entry of one peer, found by its labels, so also those that no state knows of.
 * @returns what was done and what was not, then a sentence per cause; empty when none is left.
 * @throws ClusterError when the cluster cannot be read; nothing was deleted then.
 */
export async function removeImports(
  client: ClusterClient,
  { namespace, peer }: Pick<Inputs, "namespace" | "peer">,
): Promise<string[]> {
  const selected = { namespace, labelSelector: `${PEER_LABEL}=${peer}`, metadataOnly: true };
  const listing = client.fold(SERVICE_ENTRY, selected, {
    begin: (): Write[] => [],
    take: (found, entry) => {
      if (isOurs(entry, peer)) found.push(removal(client, sighted(entry), peer));
    },
  });
  const writes = await untouched(listing);
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

function removal(client: ClusterClient, entry: KubernetesObject, peer: string): Write {
  return { name: entry.metadata.name, run: () => removeEntry(client, entry, peer) };
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
