import { importLabels } from "../core/labels.ts";
import { sortedNumbers, withoutUndefined } from "../core/order.ts";
import { terminatedSni } from "../exports/gatewayListeners.ts";
import { type Import, visibleTo, type ServiceEntryInput } from "./import.ts";
import type { OutlierDetection } from "./outlierDetection.ts";

/** TLS settings towards the peer's gateway. */
interface Tls {
  mode: "ISTIO_MUTUAL";
  sni: string;
}

/** Settings of one port or of all. */
interface TrafficPolicy {
  tls?: Tls;
  outlierDetection?: OutlierDetection;
}

/** Fields of an Istio DestinationRule that this program writes. */
export interface DestinationRule {
  apiVersion: "networking.istio.io/v1";
  kind: "DestinationRule";
  metadata: { name: string; namespace: string; labels: Record<string, string> };
  spec: {
    host: string;
    trafficPolicy: TrafficPolicy | { portLevelSettings: (TrafficPolicy & { port: { number: number } })[] };
    exportTo: string[];
  };
}

/**
 * Returns the SNI by which a gateway routes a call. With `AUTO_PASSTHROUGH` it is Istio's name of the cluster (in Envoy's sense) for a port
 * of a service; behind TLS termination it is the host name of a Gateway's server.
 */
export function serverName(
  { host, terminated }: { host: string; terminated: boolean },
  port: number,
): string {
  return terminated ? terminatedSni(host, port) : `outbound_.${port}_._.${host}`;
}

/** Returns the SNI by which calls to a port of an import reach it; by default Istio's for the host here, and for passthrough. */
export function requiredSni(host: string, { remoteHost = host, terminated }: Import, port: number): string {
  return serverName({ host: remoteHost, terminated }, port);
}

/** Whether an import needs a DestinationRule. */
export function hasDestinationRule({ remoteHost, terminated, outlierDetection }: Import): boolean {
  return terminated || remoteHost !== undefined || outlierDetection !== undefined;
}

/**
 * Renders the settings that a ServiceEntry lacks: another SNI, and outlier detection. Each of several ports has an SNI and settings of its
 * own, as a port's settings replace those of all ports. Identities are those of the ServiceEntry.
 * Equal input gives equal bytes, in whatever order its lists are.
 */
export function renderDestinationRule({
  host,
  service,
  namespace,
  peer,
  exportTo,
}: Omit<ServiceEntryInput, "gateways" | "otherGateways">): DestinationRule {
  const { terminated, outlierDetection } = service;
  const hasSni = terminated || service.remoteHost !== undefined;
  const numbers = sortedNumbers(service.ports.map(({ number }) => number));
  const tls = (port: number): Tls | undefined =>
    hasSni ? { mode: "ISTIO_MUTUAL", sni: requiredSni(host, service, port) } : undefined;
  const policy = (port: number): TrafficPolicy => withoutUndefined({ outlierDetection, tls: tls(port) });
  const [first, ...others] = numbers;
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "DestinationRule",
    metadata: { name: host, namespace, labels: importLabels(peer) },
    spec: {
      host,
      trafficPolicy:
        first !== undefined && (others.length === 0 || !hasSni)
          ? policy(first)
          : { portLevelSettings: numbers.map((number) => ({ port: { number }, ...policy(number) })) },
      exportTo: visibleTo(service, exportTo),
    },
  };
}
