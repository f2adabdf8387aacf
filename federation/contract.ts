import type { Fault } from "./fault.ts";
import type { Protocol } from "./protocol.ts";

/** Version of the contract that this program writes, and the newest that it reads. */
export const SCHEMA_VERSION = 1;

/** A port as the peer's registry has it: callers must use the same number. */
export interface ServicePort {
  number: number;
  name: string;
  protocol: Protocol;
}

/** What a cluster offers under one host name. */
export interface ContractService {
  ports: ServicePort[];
  /** SPIFFE ids of the workloads that may answer. Never empty: Istio would take any trusted certificate. */
  subjectAltNames: string[];
  /** Names of the only clusters that may import it; all may when left out. */
  peers?: string[];
}

/** Where an east-west gateway is reached. */
export interface GatewayAddress {
  /** IPv4, IPv6 (without brackets) or DNS name. */
  address: string;
  port: number;
  /** `region[/zone[/subzone]]`. */
  locality?: string;
}

/** What a cluster publishes as its stack output `federation`. */
export interface Contract {
  schemaVersion: 1;
  cluster: string;
  clusterDomain: string;
  trustDomain: string;
  network: string;
  /** One certificate in PEM per entry. */
  rootCertificates: string[];
  /** Empty as long as the gateway has no address. */
  gateways: GatewayAddress[];
  /** By full host name, e.g. `bar.xyz.svc.cluster-b.local`. */
  services: Record<string, ContractService>;
}

export function parseContract(value: unknown, source: string): Contract {
  throw new Error(`not there yet: ${source} ${String(value)}`);
}

export function readContract(value: unknown, source: string): { contract: Contract; refused: Fault[] } {
  throw new Error(`not there yet: ${source} ${String(value)}`);
}
