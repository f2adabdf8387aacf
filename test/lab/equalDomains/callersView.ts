import { CALLER, NAME } from "./parties.ts";

/** A gateway as the caller's sidecar knows it. */
export interface SeenGateway {
  readonly address: string;
  /** Opened to it since it is known. */
  readonly connections: number;
  /** Whether it is not called for a while, as it failed. */
  readonly pauses: boolean;
  /** Its share of the calls is this one's of the sum. */
  readonly weight: number;
}

interface Clusters {
  cluster_statuses: {
    name: string;
    host_statuses?: {
      address: { socket_address: { address: string } };
      stats: { name: string; value?: string }[];
      health_status: { failed_outlier_check?: boolean };
      weight: number;
    }[];
  }[];
}

/** The gateways that the caller's sidecar calls for the name that both peers serve, by Envoy's own account, sorted by address. */
export async function seenGateways(): Promise<SeenGateway[]> {
  const answer = await fetch(`http://${CALLER.address}:15000/clusters?format=json`);
  const { cluster_statuses: clusters } = (await answer.json()) as Clusters;
  const cluster = clusters.find(({ name }) => name === `outbound|${CALLER.port}||${NAME}`);
  return (cluster?.host_statuses ?? [])
    .map(({ address, stats, health_status: health, weight }) => ({
      address: address.socket_address.address,
      connections: Number(stats.find(({ name }) => name === "cx_total")?.value ?? 0),
      pauses: health.failed_outlier_check ?? false,
      weight,
    }))
    .sort((one, other) => (one.address < other.address ? -1 : 1));
}
