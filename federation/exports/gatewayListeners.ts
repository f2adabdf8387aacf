import { createHash } from "node:crypto";
import type { ContractService } from "../contract/service.ts";
import type { Fault } from "../core/fault.ts";
import { HOST_NAME } from "../core/names.ts";
import { compare, compareKeys, withoutUndefined } from "../core/order.ts";
import type { GatewayPlace, GatewayWorkload } from "../core/gatewayPlace.ts";
import { valueAt } from "../core/schema.ts";
import { serviceAccountId } from "../core/spiffe.ts";
import { GATEWAY_NAME, GATEWAY_PORT, GATEWAY_PORT_NAME } from "../core/wellKnown.ts";

/** A port at which the gateway terminates TLS: a server and a route of its own. */
export interface TerminatedPort {
  /** SNI by which peers call it; also the host of the route. */
  serverName: string;
  /** Name of the server's port; Istio requires unique ones in a Gateway. */
  portName: string;
  /** Host name of the exported Service, to which the route sends calls. */
  host: string;
  port: number;
}

/** SNI by which peers call a port of a Service at a TLS-terminating gateway. */
export function terminatedSni(host: string, port: number): string {
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
 * Renders the gateway's listeners: the exported services and nothing else.
 * @param exports services of the contract, by host name.
 */
export function gatewayListeners(
  exports: Readonly<Record<string, ContractService>>,
): Pick<GatewayListeners, "hosts" | "terminated"> {
  const services = Object.entries(exports).sort(compareKeys);
  const [terminated = [], passthrough = []] = [true, false].map((wanted) =>
    services.filter(([, service]) => (service.terminated === true) === wanted),
  );
  return {
    hosts: passthrough.map(([host]) => host),
    terminated: terminated
      .flatMap(([host, { ports }]) => ports.map(({ number }) => terminatedPort(host, number)))
      .sort((one, other) => compare(one.serverName, other.serverName)),
  };
}

function terminatedPort(host: string, port: number): TerminatedPort {
  const serverName = terminatedSni(host, port);
  const digits = createHash("sha256").update(serverName).digest("hex").slice(0, 16);
  return { serverName, portName: `tls-${port}-${digits}`, host, port };
}

/** The gateway's identity, as workloads behind a TLS-terminating gateway see it. */
export interface GatewayAccount {
  trustDomain: string;
  gateway: GatewayWorkload;
}

/** Name of the service account of this program's gateway, as the gateway's chart renders it from these Helm values (`_helpers.tpl`). */
export function gatewayServiceAccount(values: Readonly<Record<string, unknown>>): string {
  const name = valueAt(values, ["serviceAccount", "name"]);
  if (typeof name === "string" && name !== "") return name;
  return valueAt(values, ["serviceAccount", "create"]) === false ? "default" : GATEWAY_NAME;
}

/** SPIFFE id of the gateway. */
export function gatewayIdentity({ trustDomain, gateway }: GatewayAccount): string {
  return serviceAccountId(trustDomain, gateway.namespace, gateway.serviceAccount);
}

/** Finds why a TLS-terminating gateway cannot have servers for these ports: an SNI would be too long. */
export function sniFault(host: string, ports: readonly { number: number }[]): Fault | undefined {
  const highest = Math.max(...ports.map(({ number }) => number));
  const name = terminatedSni(host, highest);
  if (HOST_NAME.test(name)) return undefined;
  const rule = `is too long for a TLS-terminating gateway, where its SNI would be '${name}', so the Service is not exported`;
  const remedy = "Shorten the Service's name, or export it with gateway: passthrough";
  return { path: "name", value: host, rule, remedy };
}

/** A server of an Istio Gateway. */
export interface RenderedServer {
  port: { number: number; name: string; protocol: "TLS" };
  tls: { mode: "AUTO_PASSTHROUGH" | "ISTIO_MUTUAL" };
  hosts: string[];
  bind?: string;
}

/** The spec of an Istio VirtualService. */
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
 * Renders the servers of the gateway, which share one port: one for passthrough, if needed, and one for each terminated port, as Istio finds
 * routes by a server's hosts. A TLS-terminating server accepts routes of the gateway's namespace only, so nobody else can redirect its calls.
 * @param bind IP address that the gateway listens on; undefined for every address of the Pod.
 */
export function gatewayServers(
  { hosts, terminated }: Pick<GatewayListeners, "hosts" | "terminated">,
  bind: string | undefined,
): RenderedServer[] {
  const server = (
    name: string,
    mode: RenderedServer["tls"]["mode"],
    names: readonly string[],
  ): RenderedServer =>
    withoutUndefined({
      port: { number: GATEWAY_PORT, name, protocol: "TLS" as const },
      tls: { mode },
      hosts: [...names],
      bind,
    });
  return [
    ...(hosts.length === 0 ? [] : [server(GATEWAY_PORT_NAME, "AUTO_PASSTHROUGH", hosts)]),
    ...terminated.map(({ portName, serverName }) => server(portName, "ISTIO_MUTUAL", [`./${serverName}`])),
  ];
}

/** The spec of an Istio Gateway. */
export interface RenderedGatewaySpec {
  selector: Record<string, string>;
  servers: RenderedServer[];
}

/** Renders the Gateway; undefined without exports, as Istio refuses one without servers. */
export function gatewaySpec(
  { selector }: GatewayPlace,
  listeners: Pick<GatewayListeners, "hosts" | "terminated">,
  bind: string | undefined,
): RenderedGatewaySpec | undefined {
  const servers = gatewayServers(listeners, bind);
  return servers.length === 0 ? undefined : { selector: { ...selector }, servers };
}

/** Renders the route of a terminated port. It is a TCP route for every protocol: an HTTP route would match the Host header. */
export function terminatedRoute(
  { namespace, object }: GatewayPlace,
  { serverName, host, port }: TerminatedPort,
): TerminatedRoute {
  const gateways = [`${namespace}/${object}`];
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
