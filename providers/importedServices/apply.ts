import { PEER_LABEL } from "../../federation/labels.ts";
import type { ServiceEntry } from "../../federation/serviceEntry.ts";
import type { ClusterClient } from "../cluster/clusterClient.ts";
import { ClusterError } from "../cluster/clusterError.ts";
import { type KubernetesObject, SERVICE_ENTRY } from "../cluster/kinds.ts";
import { type LiveEntry, declaredEntries, differences } from "./drift.ts";
import type { Inputs } from "./inputs.ts";
import { describeOwner, isOurs } from "./ownership.ts";
import { createEntry, removeEntry, updateEntry } from "./writeEntry.ts";

/** Requests in flight: where an API server's throughput levels off. */
const CONCURRENCY = 16;

/** What became of an update. */
export interface Outcome {
  /** How many of the declared entries are in the cluster as declared. */
  imported: number;
  /** One sentence per write that failed; empty when the cluster has what was declared, and nothing else of this peer. */
  failures: string[];
}

/** One write that is needed. */
interface Write {
  /** Whether it makes a declared entry as declared; else it takes away one that is no longer declared. */
  readonly declares: boolean;
  run(): Promise<void>;
}

/**
 * Brings the cluster's entries of one peer to what is declared, with one list and only the writes that are needed. An
 * entry of ours that is there already, from an update that was cut short or whose state was lost, is taken on as it is.
 * What does not belong to us stays untouched and is a failure.
 * @throws ClusterError when the cluster cannot be read; nothing was written then.
 */
export async function applyImports(client: ClusterClient, inputs: Inputs): Promise<Outcome> {
  const { namespace, peer } = inputs;
  const found = await client.list<LiveEntry>(SERVICE_ENTRY, {
    namespace,
    labelSelector: `${PEER_LABEL}=${peer}`,
  });
  const live = new Map(
    found.filter((entry) => isOurs(entry, peer)).map((entry) => [entry.metadata.name, entry]),
  );
  const declared = declaredEntries(inputs);

  const missing = declared.filter(({ metadata }) => !live.has(metadata.name));
  const taken =
    missing.length === 0 ? new Map<string, KubernetesObject>() : await othersByName(client, inputs, found);
  const refused = missing.flatMap(({ metadata: { name } }) => {
    const other = taken.get(name);
    return other === undefined ? [] : [`ServiceEntry ${namespace}/${name} ${describeOwner(other)}`];
  });
  const changed = declared.filter((entry) => differsFrom(live.get(entry.metadata.name), entry));
  const names = new Set(declared.map(({ metadata }) => metadata.name));
  const withdrawn = [...live.values()].filter(({ metadata }) => !names.has(metadata.name));

  const writes: Write[] = [
    ...changed.map((entry) => ({ declares: true, run: () => updateEntry(client, entry) })),
    ...missing
      .filter(({ metadata }) => !taken.has(metadata.name))
      .map((entry) => ({ declares: true, run: () => createEntry(client, entry) })),
    ...withdrawn.map((entry) => ({ declares: false, run: () => removeEntry(client, entry, peer) })),
  ];
  const failed = await runAll(writes);
  const undone = refused.length + failed.filter(({ write }) => write.declares).length;
  return {
    imported: declared.length - undone,
    failures: [...refused, ...failed.map(({ reason }) => reason)],
  };
}

/**
 * Takes away every entry of one peer, found by its labels, so also those that no state knows of.
 * @returns one sentence per entry that could not be deleted.
 */
export async function removeImports(
  client: ClusterClient,
  { namespace, peer }: Pick<Inputs, "namespace" | "peer">,
): Promise<string[]> {
  const found = await client.list<LiveEntry>(SERVICE_ENTRY, {
    namespace,
    labelSelector: `${PEER_LABEL}=${peer}`,
  });
  const ours = found.filter((entry) => isOurs(entry, peer));
  const failed = await runAll(
    ours.map((entry) => ({ declares: false, run: () => removeEntry(client, entry, peer) })),
  );
  return failed.map(({ reason }) => reason);
}

/** The entries in the namespace that are not ours, asked for only when names are to be added. */
async function othersByName(
  client: ClusterClient,
  { namespace, peer }: Inputs,
  labelled: LiveEntry[],
): Promise<Map<string, KubernetesObject>> {
  const labelSelector = `${PEER_LABEL}!=${peer}`;
  const others = await client.list(SERVICE_ENTRY, { namespace, labelSelector, metadataOnly: true });
  const foreign = [...others, ...labelled.filter((entry) => !isOurs(entry, peer))];
  return new Map(foreign.map((entry) => [entry.metadata.name, entry]));
}

function differsFrom(live: LiveEntry | undefined, declared: ServiceEntry): boolean {
  return live !== undefined && differences(live, declared).length > 0;
}

/** Runs all writes, several at a time. When the cluster goes away the rest is not tried: each would wait for it anew. */
async function runAll(writes: Write[]): Promise<{ write: Write; reason: string }[]> {
  const { default: pMap } = await import("p-map");
  let gone = false;
  const results = await pMap(
    writes,
    async (write) => {
      if (gone) return [{ write, reason: "not tried, as the cluster went away" }];
      try {
        await write.run();
        return [];
      } catch (error) {
        if (!(error instanceof ClusterError)) throw error;
        gone ||= error.failure.unreachable === true;
        return [{ write, reason: error.message }];
      }
    },
    { concurrency: CONCURRENCY },
  );
  return results.flat();
}
