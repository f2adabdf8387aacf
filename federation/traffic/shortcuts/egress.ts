import type { EgressConfig } from "../../config/traffic.ts";
import { sortedUnique } from "../../core/order.ts";
import { valueAt } from "../../core/schema.ts";
import { completeHost, serviceHost } from "../../core/serviceHost.ts";
import { ofKind } from "../trafficRule.ts";
import type { TrafficObject } from "../trafficObject.ts";
import type { GatewaySpec, L4Route, ServiceEntrySpec, VirtualServiceSpec } from "../specs.ts";
import { MESH } from "../destinations.ts";
import { networkingObject } from "./networkingObject.ts";

const SOURCE = "traffic.egress";
const NAME = "egress";

/**
 * Renders the objects that send TLS calls to external hosts through the egress gateway, or to a firewall in the cluster, by their SNI.
 *
 * - Nothing is decrypted: the gateway passes TLS through, and the firewall gets what the caller sent.
 * - Objects are in the namespace of the gateway or the firewall, visible to all.
 * @param written objects of the stack; a host that one of its ServiceEntries has needs no other.
 */
export function renderEgress(
  egress: EgressConfig,
  clusterDomain: string,
  written: readonly TrafficObject[] = [],
): TrafficObject[] {
  const { via, gateway, port } = egress;
  const hosts = sortedUnique(egress.hosts);
  const known = new Set(ofKind(written, "ServiceEntry").flatMap(({ spec }) => spec.hosts ?? []));
  const unknown = hosts.filter((each) => !known.has(each));
  if (via === undefined)
    return [
      ...renderEntries(unknown, port, gateway.namespace),
      ...renderByGateway(hosts, port, gateway, clusterDomain),
    ];
  const host = completeHost(via.service, clusterDomain);
  const [, namespace = ""] = host.split(".");
  const route = { destination: { host, port: { number: via.port } } };
  const spec: VirtualServiceSpec = {
    hosts,
    tls: [{ match: [{ port, sniHosts: hosts }], route: [route] }],
  };
  return [
    ...renderEntries(unknown, port, namespace),
    networkingObject("VirtualService", { namespace, name: NAME, spec, source: SOURCE }),
  ];
}

/** The limit of every egress: an object routes the hosts that it names, and refuses no others. */
export const DIRECT_CALLS =
  "traffic.egress: other external hosts, and other ports of these, are still called directly: outboundTrafficPolicy.mode REGISTRY_ONLY, in meshConfig or in a Sidecar, refuses that";

/** Whether proxies refuse hosts that the mesh does not know: by Helm values of all istiods, or by a Sidecar for the whole mesh. */
export function refusesDirectCalls(
  meshConfigs: readonly unknown[],
  objects: readonly TrafficObject[],
  rootNamespace: string,
): boolean {
  const isRefused = (settings: unknown) =>
    valueAt(settings, ["outboundTrafficPolicy", "mode"]) === "REGISTRY_ONLY";
  const defaults = ofKind(objects, "Sidecar").filter(
    ({ object, spec }) => object.namespace === rootNamespace && spec.workloadSelector === undefined,
  );
  return (
    (meshConfigs.length > 0 && meshConfigs.every(isRefused)) || defaults.some(({ spec }) => isRefused(spec))
  );
}

function renderByGateway(
  hosts: string[],
  port: number,
  { namespace, service, selector }: EgressConfig["gateway"],
  clusterDomain: string,
): TrafficObject[] {
  const object = { namespace, name: NAME, source: SOURCE };
  const gateway = `${namespace}/${NAME}`;
  const toGateway: L4Route = {
    match: [{ gateways: [MESH], port, sniHosts: hosts }],
    route: [
      {
        destination: {
          host: serviceHost({ name: service, namespace }, clusterDomain),
          port: { number: port },
        },
      },
    ],
  };
  const outwards = hosts.map((host): L4Route => ({
    match: [{ gateways: [gateway], port, sniHosts: [host] }],
    route: [{ destination: { host, port: { number: port } } }],
  }));
  const server: GatewaySpec = {
    selector,
    servers: [{ port: tlsPort(port), hosts, tls: { mode: "PASSTHROUGH" } }],
  };
  const routes: VirtualServiceSpec = {
    hosts,
    gateways: [MESH, gateway],
    tls: [toGateway, ...outwards],
  };
  return [
    networkingObject("Gateway", { ...object, spec: server }),
    networkingObject("VirtualService", { ...object, spec: routes }),
  ];
}

/** Renders a ServiceEntry for the hosts, and one for wildcards, which no proxy can resolve. */
function renderEntries(hosts: readonly string[], port: number, namespace: string): TrafficObject[] {
  const wildcards = hosts.filter((host) => host.startsWith("*"));
  const named = hosts.filter((host) => !host.startsWith("*"));
  const entry = (name: string, some: string[], resolution: "DNS" | "NONE"): TrafficObject[] => {
    const spec: ServiceEntrySpec = {
      hosts: some,
      location: "MESH_EXTERNAL",
      resolution,
      ports: [tlsPort(port)],
    };
    const object = networkingObject("ServiceEntry", { namespace, name, spec, source: SOURCE });
    return some.length === 0 ? [] : [object];
  };
  return [...entry(NAME, named, "DNS"), ...entry(`${NAME}-wildcards`, wildcards, "NONE")];
}

function tlsPort(number: number): { number: number; name: string; protocol: string } {
  return { number, name: "tls", protocol: "TLS" };
}
