import { networkAt } from "./addressRange.ts";

/** Istio of a cluster's owner, installed before any stack. */
export interface OwnersIstio {
  /** Revision of the workloads. Undefined for the default one. */
  readonly revision: string | undefined;
  /** Revision to which the workloads move, whose istiod is there, too; undefined where they stay. */
  readonly nextRevision: string | undefined;
  /** Whether istiod signs with a plugged-in CA (Secret `cacerts`); else it makes a root of its own. */
  readonly pluggedIn: boolean;
}

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
  /** Istio that is there before the stack; undefined where the stack installs Istio. */
  readonly owner?: OwnersIstio;
}

/** Ranges of ClusterIPs, one per cluster of a lab. */
const SERVICE_RANGES = ["10.10.0.0/16", "10.20.0.0/16", "10.60.0.0/16"] as const;

type Index = 0 | 1 | 2;

/** The lab's cluster at an index. */
function cluster<Name extends string>(index: Index, name: Name, domain = "cluster.local") {
  return { name, network: networkAt(index), serviceRange: SERVICE_RANGES[index], domain } as const;
}

/** A cluster `cluster.local` with a trust domain and a mesh domain of its own. */
function equalCluster<Name extends string>(index: Index, name: Name) {
  const domain = `${name}.mesh`;
  return { ...cluster(index, name), trustDomain: domain, meshDomain: domain } as const;
}

/** Clusters of a federation. */
export const CLUSTERS = [
  cluster(0, "cluster-a", "cluster-a.local"),
  cluster(1, "cluster-b", "cluster-b.local"),
] as const satisfies LabCluster[];

/** Clusters of a federation with several peers each. */
export const THREE_CLUSTERS = [
  ...CLUSTERS,
  cluster(2, "cluster-c", "cluster-c.local"),
] as const satisfies LabCluster[];

/** Clusters with one domain and one root, which differ in names and addresses only. */
export const EQUAL_CLUSTERS = [
  cluster(0, "cluster-1"),
  cluster(1, "cluster-2"),
] as const satisfies LabCluster[];

/** Clusters of a federation with one domain, and a root and a trust domain each. */
export const FEDERATED_EQUALS = [
  equalCluster(0, "equal-1"),
  equalCluster(1, "equal-2"),
] as const satisfies LabCluster[];

/** Three of them: the first one calls services that both others have, and has a locality. */
export const THREE_EQUALS = [
  { ...FEDERATED_EQUALS[0], locality: "west/a" },
  FEDERATED_EQUALS[1],
  equalCluster(2, "equal-3"),
] as const satisfies LabCluster[];

/** Clusters of one mesh. */
export const MESH_CLUSTERS = [cluster(0, "east"), cluster(1, "west")] as const satisfies LabCluster[];

/**
 * Clusters of a federation, two of whose owners have installed Istio: one in the plainest way, one with two revisions and a CA of the owner's.
 * The program installs that of the third.
 */
export const EXISTING_CLUSTERS = [
  {
    ...equalCluster(0, "existing-1"),
    owner: { revision: undefined, nextRevision: undefined, pluggedIn: false },
  },
  { ...equalCluster(1, "existing-2"), owner: { revision: "stable", nextRevision: "next", pluggedIn: true } },
  equalCluster(2, "installed-1"),
] as const satisfies LabCluster[];
