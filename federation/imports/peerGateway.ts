import { type GatewayAddress, IP_ADDRESS, refuseAddress } from "../core/address.ts";
import { count } from "../core/text.ts";
import { type Fault, pathOf } from "../core/fault.ts";
import { isBelow } from "../core/names.ts";
import { plainImport } from "./import.ts";
import { ENTRY_LIMIT, entrySizes } from "./peerService.ts";

/** What gateways this side puts up with. */
export interface GatewayPolicy {
  /** Our own cluster domain. */
  clusterDomain: string;
  /** CIDR ranges of gateway addresses to accept though they are loopback, link-local and the like. */
  allowGatewayAddresses: readonly string[];
}

/** Bytes that the gateways may take in each ServiceEntry: half of it, or there would be no room for services. */
const GATEWAYS_LIMIT = ENTRY_LIMIT / 2;

/** A peer's gateways must be addresses that traffic may go to on its word, and no more than each entry has room for. */
export function validateGateways(gateways: readonly GatewayAddress[], local: GatewayPolicy): Fault[] {
  const faults = gateways.flatMap(({ address }, index) => validateAddress(address, index, local));
  const size = entrySizes(gateways)("", plainImport({ ports: [], subjectAltNames: [] }));
  if (size <= GATEWAYS_LIMIT) return faults;
  const rule = `take ${count(size)} bytes in each ServiceEntry, and may take ${count(GATEWAYS_LIMIT)}`;
  return [...faults, { path: "gateways", rule, remedy: "Have the peer publish fewer, or one name for all" }];
}

function validateAddress(address: string, index: number, local: GatewayPolicy): Fault[] {
  const path = pathOf("gateways", index, "address");
  const rule = refusePeerAddress(address, local);
  if (rule === undefined) return [];
  const remedy = IP_ADDRESS.test(address)
    ? "Have the peer publish another, or accept the range by allowGatewayAddresses in this stack's config"
    : "Have the peer publish an address of its own";
  return [{ path, value: address, rule, remedy }];
}

/** Why nothing here may connect to this address on a peer's word; `undefined` when it may. */
export function refusePeerAddress(address: string, local: GatewayPolicy): string | undefined {
  if (address === local.clusterDomain || isBelow(address, local.clusterDomain))
    return `is a name of this cluster's own domain '${local.clusterDomain}'`;
  return refuseAddress(address, local.allowGatewayAddresses);
}
