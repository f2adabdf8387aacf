import type { StackConfig } from "../federation/config.ts";
import { type ContractService, type GatewayAddress, parseContract } from "../federation/contract.ts";
import { exportServices } from "../federation/exports.ts";
import { describeFault } from "../federation/fault.ts";
import { type PeerView, viewPeers } from "../federation/peer.ts";
import { GATEWAY_NAME, GATEWAY_NAMESPACE, GATEWAY_PORT } from "../federation/wellKnown.ts";
import { discoverServices } from "./exportedServices.ts";
import { observeGateway } from "./gatewayAddresses.ts";
import { type OwnOutputs, readOwnOutputs } from "./ownOutputs.ts";
import { readContracts } from "./peerContracts.ts";

/** What the program knows before it declares a resource, so that a preview shows all that follows from it. */
export interface Survey {
  /** The services that the cluster offers, by host name. */
  exports: Record<string, ContractService>;
  /** Addresses the gateway has now; left out when the config gives them, or the cluster could not be read. */
  observedGateways?: GatewayAddress[];
  /** What was found of each configured peer. */
  peers: Record<string, PeerView>;
  /** For the user, a sentence each. */
  warnings: string[];
}

/**
 * Looks at this cluster and at its peers' contracts. A cluster that cannot be reached offers what it last published; a
 * contract that is not there makes a pending peer.
 * @throws FaultsError when what peers publish cannot be trusted as a whole; every fault of every peer is named.
 */
export async function survey(config: StackConfig): Promise<Survey> {
  const [own, readings, found, observedGateways] = await Promise.all([
    readOwnOutputs(),
    readContracts(config.peers),
    discoverServices(config.kubeconfig, config.exports),
    config.gateway.advertise === undefined
      ? observeGateway(config.kubeconfig, GATEWAY_NAMESPACE, GATEWAY_NAME, GATEWAY_PORT)
      : undefined,
  ]);
  const exports =
    "unreachable" in found
      ? lastPublished(config.cluster.name, found.unreachable, own)
      : exportServices(found, config.exports, config.cluster);
  const { peers, warnings } = viewPeers(config, readings, own.trustAnchors);
  return {
    exports: exports.services,
    ...(observedGateways === undefined ? {} : { observedGateways }),
    peers,
    warnings: [
      ...exports.warnings.map((warning) => (typeof warning === "string" ? warning : describeFault(warning))),
      ...warnings,
    ],
  };
}

function lastPublished(
  cluster: string,
  reason: string,
  own: OwnOutputs,
): { services: Record<string, ContractService>; warnings: string[] } {
  const last =
    own.contract === undefined ? undefined : parseContract(own.contract, "this stack's last contract");
  const instead =
    last === undefined ? "nothing is exported, as nothing ever was" : "the exports last published stay";
  return {
    services: last?.services ?? {},
    warnings: [`Cluster ${cluster} cannot be reached: ${instead}. ${reason}`],
  };
}
