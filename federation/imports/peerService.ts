import { type ContractService } from "../contract/service.ts";
import { type GatewayAddress, refuseHostName } from "../core/address.ts";
import { count } from "../core/text.ts";
import { type Fault, firstFaults, pathOf } from "../core/fault.ts";
import { isBelow } from "../core/names.ts";
import { parseSpiffeId } from "../core/spiffe.ts";
import { type PeerNames } from "../core/topology.ts";
import { isAlias } from "../exports/alias.ts";
import { serverName } from "./destinationRule.ts";
import { type Import, plainImport, type ServiceEntryInput } from "./import.ts";
import { type NamedCluster, nameHere, nameless } from "./peerNames.ts";
import {
  fitsEndpoints,
  renderServiceEntry,
  ENDPOINT_PORTS_LIMIT,
  ENDPOINT_PORT_NAME_LIMIT,
  sharedPort,
  renderImport,
} from "./serviceEntry.ts";

/**
 * Bytes that a ServiceEntry may take. etcd takes requests of 1.5 MiB; the rest is for our `exportTo`, for `managedFields` (40 KB
 * for each writer of an entry with as many ports as may be) and for what istiod writes into the status.
 */
export const ENTRY_LIMIT = 1_000_000;

/** Bytes that the gateways may take in each ServiceEntry: half of it, to leave room for the service. */
const GATEWAYS_LIMIT = ENTRY_LIMIT / 2;

/** Bytes that one peer's ServiceEntries may take together: an eighth of what etcd holds by default. */
export const ENTRIES_LIMIT = 256 * 1024 * 1024;

/** A gateway whose port takes as much room as any. */
const GATEWAY: GatewayAddress = { address: "", port: 65535 };

/**
 * Reckons how large ServiceEntries become. Ports multiply with gateways, so an entry may be very large: it is not rendered, and the
 * time is linear in what the peer publishes.
 * @returns for a host and its service, the characters of its entry as JSON, which are bytes as all are ASCII: with its
 *   DestinationRule if it has one, without the namespace, the peer's label and `exportTo`, and a little too many rather than too few.
 */
export function entrySizes(gateways: readonly GatewayAddress[]): (host: string, service: Import) => number {
  const { spec } = renderServiceEntry(inputOf("", plainImport({ ports: [], subjectAltNames: [] }), gateways));
  const endpoints = JSON.stringify(spec.endpoints);
  return (host, service) => {
    const objects = renderImport(inputOf(host, service, [GATEWAY]));
    const own = objects.reduce((sum, object) => sum + JSON.stringify(object).length, 0);
    const ports = Object.fromEntries(service.ports.map(({ name }) => [name, GATEWAY.port]));
    const perGateway = fitsEndpoints(service.ports) ? JSON.stringify(ports).length : 0;
    return own + endpoints.length + perGateway * gateways.length;
  };
}

function inputOf(host: string, service: Import, gateways: readonly GatewayAddress[]): ServiceEntryInput {
  return { host, service, gateways, otherGateways: {}, exportTo: [], namespace: "", peer: "" };
}
/** Characters of a server's name in TLS (`TLSEXT_MAXLEN_host_name`): a proxy cannot ask for a longer one. */
const SERVER_NAME_LIMIT = 255;

/** Fields of a contract by which a peer's services are validated. */
export interface Publisher extends NamedCluster {
  trustDomain: string;
  gateways: readonly GatewayAddress[];
}

/** A validated service of a peer. Remedies of its faults are for the peer's team. */
export interface ValidatedService {
  /** Host name here. */
  name: string;
  service: Import;
  /** Bytes of its ServiceEntry, nearly. */
  size: number;
  /** Paths start at the service; the first ones of many. */
  faults: Fault[];
}

/**
 * Returns the validator of a peer's services, each by itself: a name must be one of the peer's, see {@link isAlias}, and fit into a TLS
 * handshake, identities must be of the peer's trust domain, and the ServiceEntry one that an API server accepts.
 * @param names kind of host names that they have here.
 */
export function serviceValidator(
  peer: Publisher,
  names: PeerNames,
): (host: string, service: ContractService) => ValidatedService {
  const sizeOf = entrySizes(peer.gateways);
  return (host, offered) => {
    const hostFaults = validateHost(host, peer, names);
    const named = hostFaults.length > 0 ? host : nameHere(names, host, peer);
    const name = named ?? host;
    const odd = isBelow(host, `svc.${peer.clusterDomain}`) ? undefined : refuseHostName(name);
    const service = { ...plainImport(offered), remoteHost: name === host ? undefined : host };
    const size = sizeOf(name, service);
    const faults = [...hostFaults];
    if (odd !== undefined && hostFaults.length === 0) {
      const rule = `has the name '${name}' here, which ${odd}`;
      faults.push({ path: "", rule, remedy: "Choose another" });
    }
    if (named === undefined) faults.push(nameless(names, peer));
    faults.push(...validateServerName(host, offered), ...validateIdentities(offered, peer));
    faults.push(...validatePorts(offered, peer), ...validateSize(size, peer));
    return { name, service, size, faults: firstFaults(faults) };
  };
}

/** Validates that a host is one of the peer's; a global name exists only for a Service under its own host. */
function validateHost(host: string, peer: Publisher, names: PeerNames): Fault[] {
  const domain = `svc.${peer.clusterDomain}`;
  if (isBelow(host, domain) || (names !== "global" && isAlias(host, peer))) return [];
  const places = [`below '${domain}'`];
  if (names !== "global") {
    if (peer.clusterDomain.includes(".")) places.push(`below '${peer.clusterDomain}' outside of svc and pod`);
    places.push(...(peer.domains ?? []).map((each) => `below '${each}'`));
  }
  const rule = `must be a name ${places.join(", or ")}: a cluster may export its own services only`;
  return [{ path: "", rule, remedy: "Export it under its name there" }];
}

/** Validates the length of the SNI, by which the peer's gateway routes calls. */
function validateServerName(host: string, { ports, terminated }: ContractService): Fault[] {
  const highest = Math.max(...ports.map(({ number }) => number));
  const { length } = serverName({ host, terminated: terminated ?? false }, highest);
  if (length <= SERVER_NAME_LIMIT) return [];
  const rule = `is ${length - SERVER_NAME_LIMIT} character(s) too long to be called through a gateway on port ${highest}`;
  return [{ path: "", rule, remedy: "Shorten the service's name, namespace or domain" }];
}

function validateIdentities({ subjectAltNames }: ContractService, { trustDomain }: Publisher): Fault[] {
  return subjectAltNames.flatMap((value, index) => {
    if (parseSpiffeId(value)?.trustDomain === trustDomain) return [];
    const path = pathOf("subjectAltNames", index);
    const rule = `must be of the exporting cluster's trust domain '${trustDomain}'`;
    return [{ path, value, rule, remedy: "Name the identity of its own workloads" }];
  });
}

/** Validates that the gateways have one port where endpoints cannot name the ports: the service's ports then name it. */
function validatePorts({ ports }: ContractService, { gateways }: Publisher): Fault[] {
  if (gateways.length === 0 || fitsEndpoints(ports) || sharedPort(gateways) !== undefined) return [];
  const rule =
    `must be at most ${ENDPOINT_PORTS_LIMIT}, with names of at most ${ENDPOINT_PORT_NAME_LIMIT} characters, ` +
    "as the gateways do not all listen on one port";
  return [{ path: "ports", rule, remedy: "Publish gateways of one port, or fewer ports" }];
}

function validateSize(size: number, { gateways }: Publisher): Fault[] {
  if (size <= ENTRY_LIMIT) return [];
  const rule = `makes a ServiceEntry of ${count(size)} bytes with ${count(gateways.length)} gateway(s), and may make one of ${count(ENTRY_LIMIT)}`;
  return [{ path: "", rule, remedy: "Publish fewer ports, identities or gateways" }];
}

/** Validates that a ServiceEntry has room for these gateways and a service. */
export function validateGatewaysSize(gateways: readonly GatewayAddress[]): Fault[] {
  const size = entrySizes(gateways)("", plainImport({ ports: [], subjectAltNames: [] }));
  if (size <= GATEWAYS_LIMIT) return [];
  const rule = `take ${count(size)} bytes in each ServiceEntry, and may take ${count(GATEWAYS_LIMIT)}`;
  return [{ path: "gateways", rule, remedy: "Publish fewer, or one name for all" }];
}

/** Validates that etcd has room for all ServiceEntries of one peer. @param size of all together, in bytes. */
export function validateEntriesSize(services: number, size: number): Fault[] {
  if (size <= ENTRIES_LIMIT) return [];
  const rule = `make ${count(services)} ServiceEntries of ${count(size)} bytes together, and may make ${count(ENTRIES_LIMIT)}`;
  return [{ path: "services", rule, remedy: "Publish fewer services, ports, identities or gateways" }];
}
