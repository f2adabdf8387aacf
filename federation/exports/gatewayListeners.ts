import { createHash } from "node:crypto";
import type { ContractService } from "../contract/service.ts";
import type { Fault } from "../core/fault.ts";
import { HOST_NAME } from "../core/names.ts";
import { compare } from "../core/order.ts";
import { valueAt } from "../core/schema.ts";
import { serviceAccountId } from "../core/spiffe.ts";
import { GATEWAY_NAME, GATEWAY_NAMESPACE, GATEWAY_PORT, GATEWAY_PORT_NAME } from "../core/wellKnown.ts";

/** A port of a Service whose calls the gateway opens: it has a server of its own there, and a route behind it. */
export interface TerminatedPort {
  /** Name of the Service's port at the gateway, by which peers ask for it; it is the route's name too. */
  serverName: string;
  /** Of the server's port; unique among those of the Gateway, which Istio asks for. */
  portName: string;
  /** Where the calls go: the name under which the Service is offered. */
  host: string;
  port: number;
}

/** The name by which the gateway is asked for a port of a Service whose calls it opens. */
export function openedName(host: string, port: number): string {
  return `p${port}.${host}`;
}

/** Hosts and ports at which the east-west gateway accepts calls. */
export interface GatewayListeners {
  /** Hosts that it passes through, by SNI; sorted. */
  hosts: readonly string[];
  /** Ports at which it terminates TLS; sorted by name. */
  terminated: readonly TerminatedPort[];
  /** Network that istiods of other clusters reach through it; undefined outside a single mesh. */
  network: string | undefined;
}

/**
 * Opens the gateway for the exported services and for nothing else.
 * @param exports services as they are published, by host name.
 */
export function gatewayListeners(
  exports: Readonly<Record<string, ContractService>>,
): Pick<GatewayListeners, "hosts" | "terminated"> {
  const services = Object.entries(exports).sort(([one], [other]) => compare(one, other));
  const [opened = [], passed = []] = [true, false].map((wanted) =>
    services.filter(([, { terminated }]) => (terminated === true) === wanted),
  );
  return {
    hosts: passed.map(([host]) => host),
    terminated: opened
      .flatMap(([host, { ports }]) => ports.map(({ number }) => terminatedPort(host, number)))
      .sort((one, other) => compare(one.serverName, other.serverName)),
  };
}

function terminatedPort(host: string, port: number): TerminatedPort {
  const serverName = openedName(host, port);
  const digits = createHash("sha256").update(serverName).digest("hex").slice(0, 16);
  return { serverName, portName: `tls-${port}-${digits}`, host, port };
}

/** The gateway, as callees know it that it opens calls for. */
export interface GatewayAccount {
  trustDomain: string;
  /** Name of its service account, see `gatewayAccount`. @default that of the chart */
  gatewayAccount?: string;
}

/** Name of the gateway's service account, as the gateway's chart renders it from these Helm values (`_helpers.tpl`). */
export function gatewayServiceAccount(values: Readonly<Record<string, unknown>>): string {
  const name = valueAt(values, ["serviceAccount", "name"]);
  if (typeof name === "string" && name !== "") return name;
  return valueAt(values, ["serviceAccount", "create"]) === false ? "default" : GATEWAY_NAME;
}

/** Its SPIFFE id. */
export function gatewayIdentity({ trustDomain, gatewayAccount = GATEWAY_NAME }: GatewayAccount): string {
  return serviceAccountId(trustDomain, GATEWAY_NAMESPACE, gatewayAccount);
}

/** Why the gateway cannot have servers for these ports; undefined when it can. */
export function unfitServers(host: string, ports: readonly { number: number }[]): Fault | undefined {
  const highest = Math.max(...ports.map(({ number }) => number));
  const name = openedName(host, highest);
  if (HOST_NAME.test(name)) return undefined;
  return {
    path: "name",
    value: host,
    rule: `is too long for a gateway that opens its calls, where it is asked for as '${name}', so the Service is held back`,
    remedy: "Shorten the Service's name, or offer it with gateway: passthrough",
  };
}
/** For what the gateway is opened. */
export interface GatewayOpenings {
  /** Host names of what it passes on unopened. */
  hosts: readonly string[];
  /** Ports whose calls it opens. @default none */
  terminated?: readonly TerminatedPort[];
  /** IP address that it listens on. @default every address of the pod */
  bind?: string | undefined;
}

/** A server of an Istio Gateway, as far as this program writes one. */
export interface GatewayServer {
  port: { number: number; name: string; protocol: "TLS" };
  tls: { mode: "AUTO_PASSTHROUGH" | "ISTIO_MUTUAL" };
  hosts: string[];
  bind?: string | undefined;
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
