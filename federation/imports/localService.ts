import type { ImportedService } from "./importLine.ts";
import { EXPORT_TO_ANNOTATION, HOST_ANNOTATION, importLabels } from "../labels.ts";
import { sortedUnique } from "../order.ts";
import { isHttp } from "../protocol.ts";
import type { ServiceEntryInput } from "./serviceEntry.ts";

interface Metadata {
  name: string;
  namespace: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

/** A Kubernetes Service without a selector, as far as this program writes one. */
export interface LocalService {
  apiVersion: "v1";
  kind: "Service";
  metadata: Metadata;
  spec: {
    type: "ClusterIP";
    ports: { name: string; port: number; protocol: "TCP"; targetPort: number; appProtocol: string }[];
  };
}

/** Where calls of one port go. */
interface Route {
  match: { port: number }[];
  route: { destination: { host: string; port: { number: number } } }[];
}

/** An Istio VirtualService, as far as this program writes one. */
export interface VirtualService {
  apiVersion: "networking.istio.io/v1";
  kind: "VirtualService";
  metadata: Metadata;
  spec: {
    hosts: string[];
    http?: (Route & { rewrite: { authority: string } })[];
    tcp?: Route[];
    exportTo: string[];
  };
}

/**
 * Renders what lets clients find an imported service whose sidecars do not answer DNS: a Service, for whose name any DNS server of the cluster
 * gives an address out of the cluster's range, and the routes from there to the service. Nothing is behind the Service itself.
 *
 * - Ports have the service's numbers and names. The routes of HTTP go by the `Host` header, which becomes the service's own name; all else
 *   is plain TCP here, also TLS, so that the address alone decides, whatever server name a client asks for.
 * - Both are seen where the service is. What does not see them has no way from the address.
 * - The VirtualService names its host as its own namespace does: Istio completes that by the cluster's domain.
 *
 * Same input, same bytes, in whatever order its lists come.
 */
export function renderLocalService(
  name: string,
  {
    host,
    service,
    namespace,
    peer,
    exportTo: usual,
  }: Omit<ServiceEntryInput, "gateways" | "otherGateways"> & { service: ImportedService },
): [LocalService, VirtualService] {
  const ports = [...service.ports].sort((one, other) => one.number - other.number);
  const exportTo = sortedUnique(service.exportTo ?? usual);
  const metadata = { name, namespace, labels: importLabels(peer) };
  const [http, tcp] = [true, false].map((wanted) =>
    ports
      .filter(({ protocol }) => isHttp(protocol) === wanted)
      .map(({ number }): Route => ({
        match: [{ port: number }],
        route: [{ destination: { host, port: { number } } }],
      })),
  ) as [Route[], Route[]];
  return [
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: {
        ...metadata,
        annotations: { [HOST_ANNOTATION]: host, [EXPORT_TO_ANNOTATION]: exportTo.join(",") },
      },
      spec: {
        type: "ClusterIP",
        // What the API server would fill in is said, so that it can be compared.
        ports: ports.map(({ number, name: portName, protocol }) => ({
          name: portName,
          port: number,
          protocol: "TCP",
          targetPort: number,
          appProtocol: isHttp(protocol) ? protocol.toLowerCase() : "tcp",
        })),
      },
    },
    {
      apiVersion: "networking.istio.io/v1",
      kind: "VirtualService",
      metadata: { ...metadata, annotations: { [HOST_ANNOTATION]: host } },
      spec: {
        hosts: [name],
        ...(http.length === 0
          ? {}
          : { http: http.map((route) => ({ ...route, rewrite: { authority: host } })) }),
        ...(tcp.length === 0 ? {} : { tcp }),
        exportTo,
      },
    },
  ];
}
