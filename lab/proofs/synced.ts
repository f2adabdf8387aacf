import type { LabCluster } from "../clusters.ts";
import { waitFor } from "../ready.ts";
import type { Proof } from "./proof.ts";

/** A cluster as istiod sees it (`istioctl remote-clusters`). */
interface SeenCluster {
  id: string;
  syncStatus: string;
}

const SYNC_SECONDS = 60;

/** istiod's own view of the clusters that it reads is that it has all of them, and no others. */
export function synced({ name, network }: LabCluster, clusters: readonly string[]): Proof {
  const expected = clusters.map((cluster) => `${cluster} synced`).sort();
  return {
    claim: "istiod reads the clusters of its mesh, by its own account",
    caller: `istiod of ${name}`,
    callee: `API servers of ${clusters.join(", ")}`,
    run: async () => {
      const isThere = async () => (await seenBy(network)) === expected.join(", ");
      await waitFor("istiod does not see its clusters", isThere, SYNC_SECONDS).catch(() => undefined);
      const status = await seenBy(network);
      const passed = status === expected.join(", ");
      return {
        passed,
        status: passed ? "synced" : "not synced",
        ...(passed ? {} : { reason: `expected ${expected.join(", ")}, got ${status}` }),
      };
    },
  };
}

/** What an istiod says of the clusters that it reads: `east synced, west synced`. */
export async function seenBy(network: string): Promise<string> {
  const answer = await fetch(`http://${network}.0.2:8080/debug/clusterz`);
  if (!answer.ok) throw new Error(`istiod: ${answer.status} ${await answer.text()}`);
  const seen = (await answer.json()) as SeenCluster[];
  return seen
    .map(({ id, syncStatus }) => `${id} ${syncStatus}`)
    .sort()
    .join(", ");
}
