import type { Claim } from "../peers/claim.ts";
import type { StackConfig } from "../config.ts";
import type { Contract } from "../contract.ts";
import type { Fault } from "../fault.ts";
import { judgePeerTopology } from "../topology/judgeContract.ts";

/** What is a member's: the domains are everybody's, so that only certificates' whole names tell them apart. */
export function memberClaim(owner: string, rootCertificates: readonly string[]): Claim {
  return { owner, nameDomains: [], rootCertificates };
}

/**
 * What keeps a cluster out of our single mesh.
 * @param peer its name in our config.
 */
export function judgeMembership(
  peer: string,
  contract: Contract,
  { cluster, topology, singleMesh }: StackConfig,
): Fault[] {
  const { cluster: name, clusterDomain, trustDomain, meshId } = contract;
  const differs = (path: string, value: unknown, ours: unknown): Fault[] =>
    value === ours
      ? []
      : [
          {
            path,
            ...(value === undefined ? {} : { value }),
            rule: `must be '${String(ours)}', as in this cluster: the clusters of a single mesh share it`,
            remedy: "Correct the config of one of the two stacks, or take the peer out",
          },
        ];
  return [
    ...judgePeerTopology(contract, topology),
    ...(name === peer
      ? []
      : [
          {
            path: "cluster",
            value: name,
            rule: `is not '${peer}', by which this stack's config names the peer: in a single mesh istiod knows each cluster by its own name`,
            remedy: `Write peers.${name} in this stack's config`,
          },
        ]),
    ...differs("clusterDomain", clusterDomain, cluster.domain),
    ...differs("trustDomain", trustDomain, cluster.trustDomain),
    ...differs("meshId", meshId, singleMesh?.meshId),
  ];
}
