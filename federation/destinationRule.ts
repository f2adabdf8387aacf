import { importLabels } from "./labels.ts";
import { sortedUnique } from "./order.ts";
import type { ServiceEntryInput } from "./serviceEntry.ts";

/** How a caller greets the peer's gateway. */
interface Tls {
  mode: "ISTIO_MUTUAL";
  sni: string;
}

/** An Istio DestinationRule, as far as this program writes one. */
export interface DestinationRule {
  apiVersion: "networking.istio.io/v1";
  kind: "DestinationRule";
  metadata: { name: string; namespace: string; labels: Record<string, string> };
  spec: {
    host: string;
    trafficPolicy: { tls: Tls } | { portLevelSettings: { port: { number: number }; tls: Tls }[] };
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

/**
 * Renders what makes a service callable under another name than it has in the peer's cluster: its gateway is asked for the name that it
 * has there. There is such a name for each port, so several ports take settings of their own. Identities are those of the
 * ServiceEntry. Same input, same bytes, in whatever order its lists come.
 */
export function renderDestinationRule(
  { host, service, namespace, peer, exportTo }: Omit<ServiceEntryInput, "gateways">,
  remoteHost: string,
): DestinationRule {
  const numbers = service.ports.map(({ number }) => number).sort((one, other) => one - other);
  const tls = (port: number): Tls => ({ mode: "ISTIO_MUTUAL", sni: serverName(remoteHost, port) });
  const [first, ...others] = numbers;
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "DestinationRule",
    metadata: { name: host, namespace, labels: importLabels(peer) },
    spec: {
      host,
      trafficPolicy:
        first !== undefined && others.length === 0
          ? { tls: tls(first) }
          : { portLevelSettings: numbers.map((number) => ({ port: { number }, tls: tls(number) })) },
      exportTo: sortedUnique(exportTo),
    },
  };
}
