import { networkAt } from "./addressRange.ts";

/** A cluster of the lab. */
export interface LabCluster {
  /** Name of the cluster, and of its context in the lab's kubeconfig. */
  readonly name: string;
  /** First two octets of its loopback addresses. */
  readonly network: string;
  /** Range of its ClusterIPs. */
  readonly serviceRange: string;
  /** Cluster domain. */
  readonly domain: string;
  /** Default: the cluster domain. */
  readonly trustDomain?: string;
  /** Domain of its services at peers with the same cluster domain; undefined where there are none. */
  readonly meshDomain?: string;
  /** Locality of its node and workloads, `region/zone`; undefined where nothing depends on it. */
  readonly locality?: string;
}

/** Clusters of a federation. */
export const CLUSTERS = [
  { name: "cluster-a", network: networkAt(0), serviceRange: "10.10.0.0/16", domain: "cluster-a.local" },
  { name: "cluster-b", network: networkAt(1), serviceRange: "10.20.0.0/16", domain: "cluster-b.local" },
] as const satisfies LabCluster[];

/** Clusters of a federation with several peers each. */
export const THREE_CLUSTERS = [
  ...CLUSTERS,
  { name: "cluster-c", network: networkAt(2), serviceRange: "10.60.0.0/16", domain: "cluster-c.local" },
] as const satisfies LabCluster[];

/** Clusters with one domain and one root, which differ in names and addresses only. */
export const EQUAL_CLUSTERS = [
  { name: "cluster-1", network: networkAt(0), serviceRange: "10.10.0.0/16", domain: "cluster.local" },
  { name: "cluster-2", network: networkAt(1), serviceRange: "10.20.0.0/16", domain: "cluster.local" },
] as const satisfies LabCluster[];

/** Clusters of a federation with one domain, and a root and a trust domain each. */
export const FEDERATED_EQUALS = [
  {
    ...{ name: "equal-1", network: networkAt(0), serviceRange: "10.10.0.0/16", domain: "cluster.local" },
    ...{ trustDomain: "equal-1.mesh", meshDomain: "equal-1.mesh" },
  },
  {
    ...{ name: "equal-2", network: networkAt(1), serviceRange: "10.20.0.0/16", domain: "cluster.local" },
    ...{ trustDomain: "equal-2.mesh", meshDomain: "equal-2.mesh" },
  },
] as const satisfies LabCluster[];

/** Three of them: the first one calls services that both others have, and has a locality. */
export const THREE_EQUALS = [
  { ...FEDERATED_EQUALS[0], locality: "west/a" },
  FEDERATED_EQUALS[1],
  {
    ...{ name: "equal-3", network: networkAt(2), serviceRange: "10.60.0.0/16", domain: "cluster.local" },
    ...{ trustDomain: "equal-3.mesh", meshDomain: "equal-3.mesh" },
  },
] as const satisfies LabCluster[];

/** Clusters of one mesh. */
export const MESH_CLUSTERS = [
  { name: "east", network: networkAt(0), serviceRange: "10.10.0.0/16", domain: "cluster.local" },
  { name: "west", network: networkAt(1), serviceRange: "10.20.0.0/16", domain: "cluster.local" },
] as const satisfies LabCluster[];
