/** A workload of the lab: one Pod with a sidecar, and the Service in front of it. */
export interface Workload {
  readonly namespace: string;
  /** Name of the Service, Deployment and ServiceAccount. */
  readonly name: string;
  /** The Pod's loopback address. */
  readonly address: string;
  /** Whether the Service carries the export label. */
  readonly exported: boolean;
  /** Port of the Service, and of the inbound listener of its sidecar. */
  readonly port: number;
  /** Of the app, where the clusters of one mesh have different ones behind one Service. */
  readonly version?: string;
  /** Istio's name of the network that it is in, where its clusters have several: its WorkloadEntry must say so, as Pods' endpoints need not. */
  readonly meshNetwork?: string;
}

/** Port of the services of a federation. */
export const SERVICE_PORT = 8080;

/** Port of the services of clusters that have one domain: that of Istio's own sample. */
const SAMPLE_PORT = 8000;

/** Port of the services of a single mesh: that of Istio's sample HelloWorld. */
const HELLO_PORT = 5000;

/** Port of the app itself, which only its sidecar (and the lab, to ask it for calls) talks to. */
export const APP_PORT = 18080;

/** The same in each of the clusters that have one domain: who calls, who is called, and who is not exported. */
const SAMPLE: readonly Omit<Workload, "address">[] = [
  { namespace: "foo", name: "sleep", exported: false, port: SAMPLE_PORT },
  { namespace: "bar", name: "httpbin", exported: true, port: SAMPLE_PORT },
  { namespace: "bar", name: "internal", exported: false, port: SAMPLE_PORT },
];

/** In each cluster of a single mesh: who calls, and one version of what is called. */
function helloWorld(version: string, meshNetwork: string): Omit<Workload, "address">[] {
  const common = { namespace: "sample", exported: false, port: HELLO_PORT, meshNetwork };
  return [
    { ...common, name: "sleep" },
    { ...common, name: "helloworld", version },
  ];
}

/** The lab's workloads by cluster; in a federation one that is exported, and one that is not. */
const WORKLOADS: Readonly<Record<string, readonly Omit<Workload, "address">[]>> = {
  "cluster-a": [
    { namespace: "abc", name: "foo", exported: true, port: SERVICE_PORT },
    { namespace: "abc", name: "internal", exported: false, port: SERVICE_PORT },
  ],
  "cluster-b": [
    { namespace: "xyz", name: "bar", exported: true, port: SERVICE_PORT },
    { namespace: "xyz", name: "internal", exported: false, port: SERVICE_PORT },
  ],
  "cluster-1": SAMPLE,
  "cluster-2": SAMPLE,
  "equal-1": SAMPLE,
  "equal-2": SAMPLE,
  east: helloWorld("v1", "network-east"),
  west: helloWorld("v2", "network-west"),
};

/**
 * The workloads of a cluster of the lab.
 *
 * @param network first two octets of its addresses, e.g. `127.10`.
 */
export function workloadsOf(cluster: string, network: string): Workload[] {
  return (WORKLOADS[cluster] ?? []).map((workload, index) => ({
    ...workload,
    address: `${network}.1.${index + 1}`,
  }));
}

/** Where a workload's sidecar listens for outgoing requests: `127.N.2.x` for the Pod `127.N.1.x`. */
export function egressAddress({ address }: Pick<Workload, "address">): string {
  const [first, second, , last] = address.split(".");
  return `${first}.${second}.2.${last}`;
}
