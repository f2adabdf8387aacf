import type { ImportedService } from "./importLine.ts";
import { importLabels } from "../labels.ts";
import { sortedUnique } from "../order.ts";
import type { OutlierDetection } from "./outlierDetection.ts";
import type { ServiceEntryInput } from "./serviceEntry.ts";

/** How a caller greets the peer's gateway. */
interface Tls {
  mode: "ISTIO_MUTUAL";
  sni: string;
}

/** How callers deal with the gateways, on one port or on all. */
interface TrafficPolicy {
  tls?: Tls;
  outlierDetection?: OutlierDetection;
}

/** An Istio DestinationRule, as far as this program writes one. */
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
 * The name by which a gateway with `AUTO_PASSTHROUGH` knows where a call is to go: Istio's name of the cluster (in Envoy's sense)
 * that leads to a port of a service.
 */
export function serverName(host: string, port: number): string {
  return `outbound_.${port}_._.${host}`;
}

/** Whether a service has a DestinationRule at all. */
export function hasDestinationRule({ remoteHost, outlierDetection }: ImportedService): boolean {
  return remoteHost !== undefined || outlierDetection !== undefined;
}

/**
 * Renders what a ServiceEntry cannot say of a service: of one that has another name here than in the peer's cluster, that its gateway is
 * asked for the name that it has there; and when a gateway is not called for a while. There is a name to ask for for each port, so several
 * ports take settings of their own, and each then says everything: Istio takes nothing over from the policy of all ports. Identities are
 * those of the ServiceEntry; without a name to ask for, mutual TLS is Istio's own affair. Same input, same bytes, in whatever order its
 * lists come.
 */
export function renderDestinationRule({
  host,
  service,
  namespace,
  peer,
  exportTo,
}: Omit<ServiceEntryInput, "gateways" | "otherGateways">): DestinationRule {
  const { remoteHost, outlierDetection } = service;
  const numbers = service.ports.map(({ number }) => number).sort((one, other) => one - other);
  const policy = (port: number): TrafficPolicy => ({
    ...(outlierDetection === undefined ? {} : { outlierDetection }),
    ...(remoteHost === undefined
      ? {}
      : { tls: { mode: "ISTIO_MUTUAL", sni: serverName(remoteHost, port) } as const }),
  });
  const [first, ...others] = numbers;
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "DestinationRule",
    metadata: { name: host, namespace, labels: importLabels(peer) },
    spec: {
      host,
      trafficPolicy:
        first !== undefined && (others.length === 0 || remoteHost === undefined)
          ? policy(first)
          : { portLevelSettings: numbers.map((number) => ({ port: { number }, ...policy(number) })) },
      exportTo: sortedUnique(service.exportTo ?? exportTo),
    },
  };
}
