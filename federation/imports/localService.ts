import { EXPORT_TO_ANNOTATION, HOST_ANNOTATION, importLabels } from "../core/labels.ts";
import { SERVICE_NAME } from "../core/names.ts";
import { withoutUndefined } from "../core/order.ts";
import { isHttp } from "../core/port.ts";
import type { TextRule } from "../core/schema.ts";
import { visibleTo, type ServiceEntryInput } from "./import.ts";

/** Placeholders of a service's name and namespace in its own cluster, and of the peer's name in our config. */
const PLACEHOLDER = /\{(name|namespace|peer)\}/g;

/** Longest template; longer than a Service's name, as placeholders may be longer than their values. */
const TEMPLATE_LIMIT = 120;

/** Name of a Service, in which placeholders may stand for the names of an imported service. */
export const LOCAL_NAME_TEMPLATE: TextRule = {
  test: (text) => text.length <= TEMPLATE_LIMIT && SERVICE_NAME.test(text.replaceAll(PLACEHOLDER, "a")),
  rule: "must be the name of a Service, in which '{name}', '{namespace}' and '{peer}' may stand for those of an imported service",
  remedy: "Write such a name, e.g. {name}-{namespace}-{peer}",
};

/** Default names of local Services. */
export const LOCAL_NAME = "{name}-{namespace}-{peer}";

interface Metadata {
  name: string;
  namespace: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
}

/** Fields of a Kubernetes Service without a selector that this program writes. */
export interface LocalService {
  apiVersion: "v1";
  kind: "Service";
  metadata: Metadata;
  spec: {
    type: "ClusterIP";
    ports: { name: string; port: number; protocol: "TCP"; targetPort: number; appProtocol: string }[];
  };
}

/** Route of one port. */
interface Route {
  match: { port: number }[];
  route: { destination: { host: string; port: { number: number } } }[];
}

/** Fields of an Istio VirtualService that this program writes. */
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
 * Renders the Service and the VirtualService by which clients find an import when their sidecars do not answer DNS
 * (docs/decisions/2026-11-22-local-services.md). Equal input gives equal bytes, in whatever order its lists are.
 *
 * - HTTP is routed by the `Host` header, which becomes the import's name; all else, also TLS, is TCP routed by address and port.
 * - Both are visible where the import is. The VirtualService's host is completed by Istio with the cluster domain.
 */
export function renderLocalService(
  name: string,
  { host, service, namespace, peer, exportTo: usual }: Omit<ServiceEntryInput, "gateways" | "otherGateways">,
): [LocalService, VirtualService] {
  const ports = [...service.ports].sort((one, other) => one.number - other.number);
  const exportTo = visibleTo(service, usual);
  const metadata = { name, namespace, labels: importLabels(peer) };
  const routes = (wanted: boolean): Route[] | undefined => {
    const some = ports.filter(({ protocol }) => isHttp(protocol) === wanted);
    if (some.length === 0) return undefined;
    return some.map(({ number }) => ({
      match: [{ port: number }],
      route: [{ destination: { host, port: { number } } }],
    }));
  };
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
        // Includes the API server's defaults, so that it can be compared.
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
      spec: withoutUndefined({
        hosts: [name],
        http: routes(true)?.map((route) => ({ ...route, rewrite: { authority: host } })),
        tcp: routes(false),
        exportTo,
      }),
    },
  ];
}
