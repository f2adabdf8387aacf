import type { TerminatedPort } from "./terminatedExport.ts";
import { GATEWAY_NAME, GATEWAY_NAMESPACE, GATEWAY_PORT, GATEWAY_PORT_NAME } from "../wellKnown.ts";

/** For what the gateway is opened. */
export interface GatewayOpenings {
  /** Host names of what it passes on unopened. */
  hosts: readonly string[];
  /** Ports whose calls it opens. @default none */
  terminated?: readonly TerminatedPort[];
  /** IP address that it listens on. @default every address of the pod */
  bind?: string;
}

/** A server of an Istio Gateway, as far as this program writes one. */
export interface GatewayServer {
  port: { number: number; name: string; protocol: "TLS" };
  tls: { mode: "AUTO_PASSTHROUGH" | "ISTIO_MUTUAL" };
  hosts: string[];
  bind?: string;
}

/** The part of an Istio VirtualService that is not its name. */
export interface TerminatedRoute {
  hosts: string[];
  gateways: string[];
  exportTo: string[];
  tcp: {
    match: { port: number; gateways: string[] }[];
    route: { destination: { host: string; port: { number: number } } }[];
  }[];
}

/**
 * The servers of the gateway, which all share one port: one for all that is passed on, if there is such, and one for each port whose calls
 * are opened, as routes behind a server are looked for by its hosts. Such a server takes routes of the gateway's own namespace only, so
 * that nobody else leads its calls astray.
 */
export function gatewayServers({ hosts, terminated = [], bind }: GatewayOpenings): GatewayServer[] {
  const server = (name: string, mode: GatewayServer["tls"]["mode"], names: readonly string[]) => ({
    port: { number: GATEWAY_PORT, name, protocol: "TLS" as const },
    tls: { mode },
    hosts: [...names],
    ...(bind === undefined ? {} : { bind }),
  });
  return [
    ...(hosts.length === 0 ? [] : [server(GATEWAY_PORT_NAME, "AUTO_PASSTHROUGH", hosts)]),
    ...terminated.map(({ portName, serverName }) => server(portName, "ISTIO_MUTUAL", [`./${serverName}`])),
  ];
}

/** Where opened calls go. As connections, whatever the protocol: a route of requests would take them for what their Host header says. */
export function terminatedRoute({ serverName, host, port }: TerminatedPort): TerminatedRoute {
  const gateways = [`${GATEWAY_NAMESPACE}/${GATEWAY_NAME}`];
  return {
    hosts: [serverName],
    gateways,
    exportTo: ["."],
    tcp: [
      {
        match: [{ port: GATEWAY_PORT, gateways }],
        route: [{ destination: { host, port: { number: port } } }],
      },
    ],
  };
}
