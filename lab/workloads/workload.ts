import { protocolOf } from "../../federation/core/port.ts";

/** A port of a workload's Service, and where it leads. */
export interface WorkloadPort {
  /** Tells Istio its protocol, as in any Service: `http`, `grpc-etcd`, `tcp-queue`. */
  readonly name: string;
  /** Of the Service. */
  readonly number: number;
  /** Of the Pod: that of the inbound listener of its sidecar. */
  readonly targetPort: number;
  /** Of the app behind the sidecar, on the Pod's address. */
  readonly appPort: number;
}

/** A port of services that a workload calls. */
export interface CalledPort extends Pick<WorkloadPort, "name" | "number"> {
  /** The only service that is called there: with TCP, nothing else tells services on one port apart here. Default: all. */
  readonly host?: string;
}

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
  /** Further ports of the Service. What serves them is the test's business, unless they lead to the app as well. */
  readonly morePorts?: readonly WorkloadPort[];
  /** Ports of services, beside those with its own number, that its sidecar takes calls of. */
  readonly calls?: readonly CalledPort[];
  /** Of its Pod, for Istio. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Whether the Service has no address of its own. */
  readonly headless?: boolean;
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
  "cluster-c": [
    { namespace: "uvw", name: "baz", exported: true, port: SERVICE_PORT },
    { namespace: "uvw", name: "internal", exported: false, port: SERVICE_PORT },
  ],
  "cluster-1": SAMPLE,
  "cluster-2": SAMPLE,
  "equal-1": SAMPLE,
  "equal-2": SAMPLE,
  "equal-3": SAMPLE,
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

/** All ports of a workload's Service; the first one is for HTTP and leads to the lab's app. */
export function portsOf({ port, morePorts = [] }: Workload): WorkloadPort[] {
  return [{ name: "http", number: port, targetPort: port, appPort: APP_PORT }, ...morePorts];
}

/** What Istio takes for a port's protocol. @throws Error for what the lab's Services have no ports of. */
export function protocolOfPort({ name }: Pick<WorkloadPort, "name">): string {
  const protocol = protocolOf({ name });
  if (protocol === undefined) throw new Error(`port ${name} is not for TCP`);
  return protocol;
}

/** Where a workload's sidecar listens for outgoing requests: `127.N.2.x` for the Pod `127.N.1.x`. */
export function egressAddress({ address }: Pick<Workload, "address">): string {
  const [first, second, , last] = address.split(".");
  return `${first}.${second}.2.${last}`;
}
