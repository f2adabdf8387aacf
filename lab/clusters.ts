/** The lab's clusters: names, and the first two octets of their loopback addresses. */
export const CLUSTERS = [
  { name: "cluster-a", network: "127.10", serviceRange: "10.10.0.0/16" },
  { name: "cluster-b", network: "127.20", serviceRange: "10.20.0.0/16" },
] as const;

export type ClusterName = (typeof CLUSTERS)[number]["name"];
