import { protocolOf } from "../../federation/core/port.ts";

/** A port of a workload's Service, with the ports that it routes to. */
export interface WorkloadPort {
  /** Name with the protocol for Istio: `http`, `grpc-etcd`, `tcp-queue`. */
  readonly name: string;
  /** Port of the Service. */
  readonly number: number;
  /** Port of the sidecar's inbound listener. */
  readonly targetPort: number;
  /** Port of the app behind the sidecar, on the Pod's address. */
  readonly appPort: number;
}

/** A port of services that a workload calls. */
export interface CalledPort extends Pick<WorkloadPort, "name" | "number"> {
  /** The only service called there: over TCP, services on one port cannot be told apart here. Default: all. */
  readonly host?: string;
}

/** A workload of the lab: one Pod with a sidecar, and the Service in front of it. */
export interface Workload {
  readonly namespace: string;
  /** Name of the Deployment. */
  readonly name: string;
  /** Name of the Service and ServiceAccount, where several workloads of different versions have one. Default: the name. */
  readonly service?: string;
  /** The Pod's loopback address. */
  readonly address: string;
  /** Whether the Service carries the export label. */
  readonly exported: boolean;
  /** Port of the Service, and of the inbound listener of its sidecar. */
  readonly port: number;
  /** Further ports of the Service; the app serves those with its port, a test serves the others. */
  readonly morePorts?: readonly WorkloadPort[];
  /** Further ports of services that the workload calls, besides its own port. */
  readonly calls?: readonly CalledPort[];
  /** Annotations of the Pod, for Istio. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Whether the Service has no address of its own. */
  readonly headless?: boolean;
  /** Version of the app, where there are different ones behind one Service. */
  readonly version?: string;
  /** Istio's name of the workload's network, in meshes with several; a WorkloadEntry must have it. */
  readonly meshNetwork?: string;
}

/** Port of the services of a federation. */
export const SERVICE_PORT = 8080;

/** Port of the services of clusters with one domain, as in Istio's sample httpbin. */
const SAMPLE_PORT = 8000;

/** Port of the services of a single mesh, as in Istio's sample HelloWorld. */
const HELLO_PORT = 5000;

/** Port of the app, for its sidecar and for the lab's `/call`. */
export const APP_PORT = 18080;

/** Workloads of clusters with one domain: caller, exported service, and a service that is not exported. */
const SAMPLE: readonly Omit<Workload, "address">[] = [
  { namespace: "foo", name: "sleep", exported: false, port: SAMPLE_PORT },
  { namespace: "bar", name: "httpbin", exported: true, port: SAMPLE_PORT },
  { namespace: "bar", name: "internal", exported: false, port: SAMPLE_PORT },
];

/** The same with two Pods of those that call and are called across clusters, so that one can be restarted. */
const SAMPLE_OF_TWO: readonly Omit<Workload, "address">[] = [
  ...SAMPLE.map((workload) => (workload.name === "internal" ? workload : { ...workload, version: "v1" })),
  ...SAMPLE.filter(({ name }) => name !== "internal").map((workload) => ({
    ...workload,
    name: `${workload.name}-2`,
    service: workload.name,
    version: "v2",
  })),
];

/** Workloads of a cluster of a single mesh: the caller, and one version of the called service. */
function helloWorld(version: string, meshNetwork: string): Omit<Workload, "address">[] {
  const common = { namespace: "sample", exported: false, port: HELLO_PORT, meshNetwork };
  return [
    { ...common, name: "sleep" },
    { ...common, name: "helloworld", version },
  ];
}

/** Workloads that no peer calls and that call none, beside those of a federation. */
const AT_HOME: readonly Omit<Workload, "address">[] = [
  { namespace: "shop", name: "cart", exported: false, port: SAMPLE_PORT },
  { namespace: "shop", name: "stock", exported: false, port: SAMPLE_PORT },
];

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
  "existing-1": [...SAMPLE, ...AT_HOME],
  "existing-2": [...SAMPLE_OF_TWO, ...AT_HOME],
  "installed-1": SAMPLE_OF_TWO,
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

/** Name of a workload's Service. */
export function serviceOf({ name, service = name }: Workload): string {
  return service;
}

/** All ports of a workload's Service; the first one is for HTTP and routes to the lab's app. */
export function portsOf({ port, morePorts = [] }: Workload): WorkloadPort[] {
  return [{ name: "http", number: port, targetPort: port, appPort: APP_PORT }, ...morePorts];
}

/** Istio's protocol of a port. @throws Error for UDP. */
export function protocolOfPort({ name }: Pick<WorkloadPort, "name">): string {
  const protocol = protocolOf({ name });
  if (protocol === undefined) throw new Error(`port ${name} is not for TCP`);
  return protocol;
}

/** Address of a sidecar's listeners for outgoing requests: `127.N.2.x` for the Pod `127.N.1.x`. */
export function egressAddress({ address }: Pick<Workload, "address">): string {
  const [first, second, , last] = address.split(".");
  return `${first}.${second}.2.${last}`;
}
