import type { LabCluster } from "../clusters.ts";
import type { Lab } from "../lab.ts";
import { LabError } from "../progress.ts";
import { callAs, mintLeaf, stealAuthority } from "../proofs/forgery.ts";
import { hostOf, identityOf, nameOf, partyNamed } from "../proofs/proof.ts";
import { readUntil } from "../ready.ts";
import {
  compareObjects,
  readClusterObjects,
  unexplained,
  type ClusterObjects,
  type TeamActions,
} from "./clusterObjects.ts";

/** Time for removed trust anchors to reach the sidecars. */
const PROPAGATION_SECONDS = 30;

/** Reads every object of clusters, by their names. */
export async function readObjects(
  { kubeconfig }: Lab,
  clusters: readonly LabCluster[],
): Promise<Map<string, ClusterObjects>> {
  const read = clusters.map(async ({ name }) => [name, await readClusterObjects(kubeconfig, name)] as const);
  return new Map(await Promise.all(read));
}

/**
 * Compares every object of clusters with an earlier reading.
 *
 * @param actionsIn actions of a cluster's teams since then.
 * @throws LabError with each object that is another one than before.
 */
export function expectUnchanged(
  before: ReadonlyMap<string, ClusterObjects>,
  after: ReadonlyMap<string, ClusterObjects>,
  actionsIn: (cluster: string) => TeamActions,
): void {
  const differences = [...after].flatMap(([cluster, objects]) => {
    const difference = compareObjects(before.get(cluster) ?? new Map(), objects);
    const { added, removed, changed } = unexplained(difference, actionsIn(cluster));
    return [
      ...added.map((object) => `${cluster}: ${object} is left behind`),
      ...removed.map((object) => `${cluster}: ${object} is gone`),
      ...changed.map(({ object, fields }) => `${cluster}: ${object} was written: ${fields.join(", ")}`),
    ];
  });
  if (differences.length > 0) throw new LabError(`the stacks left traces:\n  ${differences.join("\n  ")}`);
}

/** @throws LabError when a sidecar still takes the identity of a former peer, with which its trust anchor has gone. */
export async function expectPeersRefused(
  { kubeconfig, clusters }: Lab,
  left: readonly LabCluster[],
): Promise<void> {
  for (const here of left)
    for (const there of clusters.filter((each) => each !== here)) {
      const [caller, called] = [partyNamed(there, "sleep"), partyNamed(here, "httpbin")];
      const leaf = await mintLeaf(await stealAuthority(kubeconfig, there.name), identityOf(caller));
      const call = () => callAs(`${called.address}:${called.port}`, hostOf(called), leaf, called.port);
      const answer = await readUntil(call, (text) => text.startsWith("refused"), PROPAGATION_SECONDS);
      if (!answer.startsWith("refused"))
        throw new LabError(`${nameOf(called)} answers its former peer ${nameOf(caller)} still: ${answer}`);
    }
}
