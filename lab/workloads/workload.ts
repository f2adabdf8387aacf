/** A workload of the lab: one Pod with a sidecar, and the Service in front of it. */
export interface Workload {
  readonly namespace: string;
  /** Name of the Service, Deployment and ServiceAccount. */
  readonly name: string;
  /** The Pod's loopback address. */
  readonly address: string;
  /** Whether the Service carries the export label. */
  readonly exported: boolean;
}

/** Port of every Service, and of the inbound listener of its sidecar. */
export const SERVICE_PORT = 8080;

/** Port of the app itself, which only its sidecar (and the lab, to ask it for calls) talks to. */
export const APP_PORT = 18080;

/** The lab's workloads by cluster: one that is exported, and one that is not. */
const WORKLOADS: Readonly<Record<string, readonly Omit<Workload, "address">[]>> = {
  "cluster-a": [
    { namespace: "abc", name: "foo", exported: true },
    { namespace: "abc", name: "internal", exported: false },
  ],
  "cluster-b": [
    { namespace: "xyz", name: "bar", exported: true },
    { namespace: "xyz", name: "internal", exported: false },
  ],
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
