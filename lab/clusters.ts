import { networkAt } from "./addressRange.ts";

/** A cluster of the lab. */
export interface LabCluster {
  /** Of the cluster, and of its context in the lab's kubeconfig. */
  readonly name: string;
  /** First two octets of its loopback addresses. */
  readonly network: string;
  /** Range of its ClusterIPs. */
  readonly serviceRange: string;
  /** Its cluster domain. */
  readonly domain: string;
  /** Of its workloads' identities. @default the cluster domain */
  readonly trustDomain?: string;
  /** Where peers with the same cluster domain register its services; left out where none do. */
  readonly meshDomain?: string;
  /** Where its node is, `region/zone`, and so its workloads; left out where nothing goes by it. */
  readonly locality?: string;
}

/** The clusters of a lab that shows a federation. */
export const CLUSTERS = [
  { name: "cluster-a", network: networkAt(0), serviceRange: "10.10.0.0/16", domain: "cluster-a.local" },
  { name: "cluster-b", network: networkAt(1), serviceRange: "10.20.0.0/16", domain: "cluster-b.local" },
] as const satisfies LabCluster[];

/** A federation in which a cluster has several peers. */
export const THREE_CLUSTERS = [
  ...CLUSTERS,
  { name: "cluster-c", network: networkAt(2), serviceRange: "10.60.0.0/16", domain: "cluster-c.local" },
] as const satisfies LabCluster[];

/** Those of a lab of clusters that have one domain: nothing but their names and addresses tells them apart. */
export const EQUAL_CLUSTERS = [
  { name: "cluster-1", network: networkAt(0), serviceRange: "10.10.0.0/16", domain: "cluster.local" },
  { name: "cluster-2", network: networkAt(1), serviceRange: "10.20.0.0/16", domain: "cluster.local" },
] as const satisfies LabCluster[];

/** Those of a lab of a federation where all have Kubernetes' own domain, and a root and a trust domain each. */
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

/** Three of them: the first one calls services that both others have, and its own place is known. */
export const THREE_EQUALS = [
  { ...FEDERATED_EQUALS[0], locality: "west/a" },
  FEDERATED_EQUALS[1],
  {
    ...{ name: "equal-3", network: networkAt(2), serviceRange: "10.60.0.0/16", domain: "cluster.local" },
    ...{ trustDomain: "equal-3.mesh", meshDomain: "equal-3.mesh" },
  },
] as const satisfies LabCluster[];

/** Those of a lab of one mesh. */
export const MESH_CLUSTERS = [
  { name: "east", network: networkAt(0), serviceRange: "10.10.0.0/16", domain: "cluster.local" },
  { name: "west", network: networkAt(1), serviceRange: "10.20.0.0/16", domain: "cluster.local" },
] as const satisfies LabCluster[];
