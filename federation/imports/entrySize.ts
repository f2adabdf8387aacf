import type { GatewayAddress } from "../address.ts";
import type { ImportedService } from "./importLine.ts";
import { renderImport } from "./importObjects.ts";
import { type ServiceEntryInput, fitsEndpoints, renderServiceEntry } from "./serviceEntry.ts";

/**
 * Bytes that a ServiceEntry may take. etcd takes requests of 1.5 MiB; the rest is for our `exportTo`, for `managedFields` (40 KB
 * for each writer of an entry with as many ports as may be) and for what istiod writes into the status.
 */
export const ENTRY_LIMIT = 1_000_000;

/** A gateway whose port takes as much room as any. */
const GATEWAY: GatewayAddress = { address: "", port: 65535 };

/**
 * Reckons how large ServiceEntries become. Ports multiply with gateways, so an entry may be very large: it is not rendered, and the
 * time is linear in what the peer publishes.
 * @returns for a host and its service, the characters of its entry as JSON, which are bytes as all are ASCII: with its
 *   DestinationRule if it has one, without the namespace, the peer's label and `exportTo`, and a little too many rather than too few.
 */
export function entrySizes(
  gateways: readonly GatewayAddress[],
): (host: string, service: ImportedService) => number {
  const { spec } = renderServiceEntry(inputOf("", { ports: [], subjectAltNames: [] }, gateways));
  const endpoints = JSON.stringify(spec.endpoints);
  return (host, service) => {
    const objects = renderImport(inputOf(host, service, [GATEWAY]));
    const own = objects.reduce((sum, object) => sum + JSON.stringify(object).length, 0);
    const ports = Object.fromEntries(service.ports.map(({ name }) => [name, GATEWAY.port]));
    const perGateway = fitsEndpoints(service.ports) ? JSON.stringify(ports).length : 0;
    return own + endpoints.length + perGateway * gateways.length;
  };
}

function inputOf(
  host: string,
  service: ImportedService,
  gateways: readonly GatewayAddress[],
): ServiceEntryInput {
  return { host, service, gateways, exportTo: [], namespace: "", peer: "" };
}
