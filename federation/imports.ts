import type { Contract, ContractService, GatewayAddress } from "./contract.ts";
import type { Fault } from "./fault.ts";

/** What to have here of one peer. */
export interface PeerImports {
  peer: string;
  gateways: GatewayAddress[];
  services: Record<string, ContractService>;
  refused: Fault[];
  contract: Contract;
}

export interface LocalCluster {
  cluster: string;
  clusterDomain: string;
  trustDomain: string;
  allowGatewayAddresses: readonly string[];
}

/** A fault of a peer's contract as a whole. */
export interface PeerFault extends Fault {
  readonly peer: string;
}

export function planImports(
  local: LocalCluster,
  contracts: Readonly<Record<string, unknown>>,
): { imports: Record<string, PeerImports>; faults: PeerFault[] } {
  throw new Error(`not there yet: ${local.cluster} ${Object.keys(contracts).length}`);
}
