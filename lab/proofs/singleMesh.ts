import type { LabCluster } from "../clusters.ts";
import { workloadsOf } from "../workloads/workload.ts";
import { crossesGateway } from "./crossesGateway.ts";
import { endpointsBack, endpointsGone } from "./endpoints.ts";
import { leastPrivilege } from "./leastPrivilege.ts";
import { peerRemoved } from "./peerRemoved.ts";
import type { Party, Proof } from "./proof.ts";
import { reached } from "./reached.ts";
import { synced } from "./synced.ts";
import { unchanged } from "./unchanged.ts";

/**
 * Every claim about a single mesh: two clusters with one Service, of which each has a version.
 * @param stacks of the clusters, to be found up to date.
 */
export function singleMeshProofs(clusters: readonly LabCluster[], stacks: readonly string[]): Proof[] {
  const [east, west] = clusters as [LabCluster, LabCluster];
  const clients = clusters.map((cluster) => party(cluster, "sleep"));
  const [v1, v2] = [party(east, "helloworld"), party(west, "helloworld")];
  const names = clusters.map(({ name }) => name);
  const fromBoth = (answering: readonly Party[], claim: string) =>
    clients.map((client) => reached(client, [v1, v2], answering, claim));
  return [
    ...clusters.map((cluster) => synced(cluster, names)),
    ...fromBoth([v1, v2], "calls of one Service reach its endpoints in both clusters"),
    crossesGateway(party(east, "sleep"), v2, west),
    crossesGateway(party(west, "sleep"), v1, east),
    endpointsGone(v2),
    ...fromBoth([v1], "calls go on when all endpoints in one cluster are gone"),
    endpointsBack(v2),
    ...fromBoth([v1, v2], "calls reach them again when they are back"),
    leastPrivilege(east, west),
    leastPrivilege(west, east),
    ...stacks.map((stack) => unchanged(stack)),
    // Last: it ends the mesh.
    peerRemoved(east, west, stacks[0] ?? ""),
  ];
}

function party({ name: cluster, network, domain }: LabCluster, name: string): Party {
  const workload = workloadsOf(cluster, network).find((each) => each.name === name);
  if (workload === undefined) throw new Error(`${cluster} has no workload ${name}`);
  return { ...workload, cluster, domain };
}
