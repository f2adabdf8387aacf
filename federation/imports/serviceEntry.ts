import type { ServicePort } from "../contract/service.ts";
import { type GatewayAddress, IP_ADDRESS, compareGateways } from "../core/address.ts";
import {
  LOCAL_SERVICE_ANNOTATION,
  OUTLIERS_ANNOTATION,
  REMOTE_HOST_ANNOTATION,
  SERVED_BY_ANNOTATION,
  TERMINATED,
  TERMINATED_ANNOTATION,
  TLS_MODE_LABEL,
  importLabels,
} from "../core/labels.ts";
import { ownValue, sortedUnique, withoutUndefined } from "../core/order.ts";
import { type DestinationRule, hasDestinationRule, renderDestinationRule } from "./destinationRule.ts";
import { type Import, type ServiceEntryInput, visibleTo } from "./import.ts";
import { type LocalService, type VirtualService, renderLocalService } from "./localService.ts";
import { sortOutlierDetection } from "./outlierDetection.ts";

/** Fields of an Istio ServiceEntry that this program writes. */
export interface ServiceEntry {
  apiVersion: "networking.istio.io/v1";
  kind: "ServiceEntry";
  metadata: {
    name: string;
    namespace: string;
    labels: Record<string, string>;
    annotations: Record<string, string>;
  };
  spec: {
    hosts: string[];
    location: "MESH_INTERNAL";
    resolution: "STATIC" | "DNS";
    ports: { number: number; name: string; protocol: string; targetPort?: number }[];
    endpoints: {
      address: string;
      ports?: Record<string, number>;
      labels: Record<string, string>;
      locality?: string;
      weight?: number;
    }[];
    subjectAltNames: string[];
    exportTo: string[];
  };
}

/** Ports of an endpoint, by the CustomResourceDefinition: fewer than a service may have. */
export const ENDPOINT_PORTS_LIMIT = 128;

/** Characters of a port's name in an endpoint: one fewer than elsewhere. */
export const ENDPOINT_PORT_NAME_LIMIT = 62;

/**
 * Renders a peer's service as a ServiceEntry: one host, whose endpoints are the peer's gateways. Equal input gives equal bytes, in
 * whatever order its lists are. Why each field is there, or is not: docs/decisions/2026-11-21-service-entry-fields.md.
 *
 * - Ports of the endpoints, or of the service where the endpoints cannot have them: see {@link fitsEndpoints} and {@link sharedPort}.
 * - Annotations hold what a refresh cannot read from the entry: the name at the peer, whether the peer's gateway terminates TLS, the
 *   outlier detection, and the local Service. An entry with one of the first three has a DestinationRule.
 */
export function renderServiceEntry(input: ServiceEntryInput): ServiceEntry {
  const { host, service, namespace, peer } = input;
  const ports = [...service.ports].sort((one, other) => one.number - other.number);
  const gateways = gatewaysOf(input);
  const targetPort = fitsEndpoints(ports) ? undefined : sharedPort(gateways);
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "ServiceEntry",
    metadata: {
      name: host,
      namespace,
      labels: importLabels(peer),
      annotations: annotationsOf(service),
    },
    spec: {
      hosts: [host],
      location: "MESH_INTERNAL",
      resolution: gateways.every(({ address }) => IP_ADDRESS.test(address)) ? "STATIC" : "DNS",
      ports: ports.map(({ number, name, protocol }) =>
        withoutUndefined({ number, name, protocol, targetPort }),
      ),
      endpoints: gateways.map(({ address, port, locality, weight }) =>
        withoutUndefined({
          address,
          ports:
            targetPort === undefined ? Object.fromEntries(ports.map(({ name }) => [name, port])) : undefined,
          labels: { [TLS_MODE_LABEL]: "istio" },
          locality,
          weight,
        }),
      ),
      subjectAltNames: sortedUnique(service.subjectAltNames),
      exportTo: visibleTo(service, input.exportTo),
    },
  };
}

/** Lists the gateways of all peers that serve a host, each address once. */
function gatewaysOf({ service, gateways, peer, otherGateways }: ServiceEntryInput): WeightedGateway[] {
  const serving = service.servedBy.length > 0 ? service.servedBy : [{ peer, weight: undefined }];
  const all = serving.flatMap(({ peer: each, weight }) =>
    (each === peer ? gateways : (ownValue(otherGateways, each) ?? [])).map((gateway) => ({
      ...gateway,
      weight,
    })),
  );
  const places = new Map(all.map((gateway) => [`${gateway.address} ${gateway.port}`, gateway]));
  return [...places.values()].sort(compareGateways);
}

type WeightedGateway = GatewayAddress & { weight: number | undefined };

/** Renders the fields of an import that a ServiceEntry lacks, so that a refresh can read the import back. */
function annotationsOf(service: Import): Record<string, string> {
  const { remoteHost, terminated, servedBy, outlierDetection, localService } = service;
  return withoutUndefined({
    [LOCAL_SERVICE_ANNOTATION]: localService,
    [OUTLIERS_ANNOTATION]: outlierDetection && JSON.stringify(sortOutlierDetection(outlierDetection)),
    [REMOTE_HOST_ANNOTATION]: remoteHost,
    [SERVED_BY_ANNOTATION]: servedBy.length === 0 ? undefined : JSON.stringify(servedBy),
    [TERMINATED_ANNOTATION]: terminated ? TERMINATED : undefined,
  });
}

/** Whether the endpoints of an entry may name these ports. */
export function fitsEndpoints(ports: readonly ServicePort[]): boolean {
  return (
    ports.length <= ENDPOINT_PORTS_LIMIT && ports.every(({ name }) => name.length <= ENDPOINT_PORT_NAME_LIMIT)
  );
}

/** Returns the port on which all gateways listen; undefined when they differ. */
export function sharedPort(gateways: readonly GatewayAddress[]): number | undefined {
  const [first] = gateways;
  return gateways.every(({ port }) => port === first?.port) ? first?.port : undefined;
}

/**
 * An object that registers a service of a peer. Its name is the service's host; the local Service and its VirtualService have the host in an
 * annotation.
 */
export type ImportObject = ServiceEntry | DestinationRule | LocalService | VirtualService;

export type ImportKind = ImportObject["kind"];

/** Kinds of the objects of a local Service. The Service is first: nothing routes calls away from somebody else's Service. */
export const LOCAL_KINDS = ["Service", "VirtualService"] as const satisfies ImportKind[];

/**
 * Renders all objects that register a peer's service, in the order in which they are created. They are deleted in the reverse order, so
 * that the ServiceEntry exists as long as any of them.
 */
export function renderImport(input: ServiceEntryInput): ImportObject[] {
  const { localService } = input.service;
  return [
    renderServiceEntry(input),
    ...(hasDestinationRule(input.service) ? [renderDestinationRule(input)] : []),
    ...(localService === undefined ? [] : renderLocalService(localService, input)),
  ];
}
