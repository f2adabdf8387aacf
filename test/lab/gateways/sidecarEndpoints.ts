import { waitFor } from "../../../lab/ready.ts";
import { placeOf } from "./balancer.ts";

const PROPAGATION_SECONDS = 60;

/** A place to which a sidecar sends calls of a service, by its own account. */
export interface SidecarEndpoint {
  /** `address:port`, IPv6 in brackets. */
  readonly place: string;
  /** Connections that did not come about. */
  readonly failedConnections: number;
  /** Whether outlier detection lets it pause. */
  readonly pauses: boolean;
}

/** Fields read of Envoy's `/clusters`, which leaves out numbers of 0 and what is false. */
interface ClusterStatus {
  name: string;
  host_statuses?: {
    address: { socket_address: { address: string; port_value: number } };
    stats: { name: string; value?: string }[];
    health_status?: { failed_outlier_check?: boolean };
  }[];
}

/** Calls of a workload to a port of a service. */
export interface Calls {
  readonly from: { readonly address: string };
  readonly host: string;
  readonly port: number;
}

/** Endpoints to which a sidecar sends calls, sorted; empty while it does not know any. */
export async function endpointsOf({ from, host, port }: Calls): Promise<SidecarEndpoint[]> {
  const response = await fetch(`http://${from.address}:15000/clusters?format=json`);
  const { cluster_statuses: clusters } = (await response.json()) as { cluster_statuses: ClusterStatus[] };
  return clusters
    .filter(({ name }) => name === `outbound|${port}||${host}`)
    .flatMap(({ host_statuses: hosts = [] }) => hosts)
    .map(({ address: { socket_address: socket }, stats, health_status: health }) => ({
      place: placeOf(socket.address, socket.port_value),
      failedConnections: Number(stats.find(({ name }) => name === "cx_connect_fail")?.value ?? 0),
      pauses: health?.failed_outlier_check === true,
    }))
    .sort((one, other) => (one.place < other.place ? -1 : 1));
}

/** Waits until a sidecar sends calls to these places and no others. */
export async function untilCalled(calls: Calls, places: readonly string[]): Promise<void> {
  const expected = [...places].sort().join();
  const isThere = async () => {
    const seen = (await endpointsOf(calls)).map(({ place }) => place).join();
    if (seen !== expected) throw new Error(`they are ${seen}`);
    return true;
  };
  await waitFor(`the gateways of ${calls.host} are not ${expected}`, isThere, PROPAGATION_SECONDS);
}
