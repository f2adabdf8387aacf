import { type GatewayAddress, compareGateways, gatewayAddress, refuseAddress } from "../core/address.ts";
import { DEFAULT_CLUSTER_DOMAIN, REVERSE_DOMAINS, SHARED_DOMAINS } from "../core/domains.ts";
import { type Fault, firstFaults, pathOf, within } from "../core/fault.ts";
import { isBelow } from "../core/names.ts";
import { firstFaultsOf } from "../core/schema.ts";

/** Addresses that a peer's gateway or API server may have here. */
export interface GatewayPolicy {
  /** Our own cluster domain. */
  clusterDomain: string;
  /** Accepted CIDR ranges of loopback, link-local and similar addresses. */
  allowGatewayAddresses: readonly string[];
}

/** Domains of the cluster that publishes an address. */
export interface PublisherDomains {
  clusterDomain: string;
  meshDomain?: string | undefined;
}

/**
 * Explains why an address must not be taken from a peer.
 * @param publisher undefined where the peer's domains are not known.
 * @returns completes "<the address> ..."; undefined for an address that is allowed.
 */
export function refusePeerAddress(
  address: string,
  { clusterDomain, allowGatewayAddresses }: GatewayPolicy,
  publisher?: PublisherDomains,
): string | undefined {
  if (address === clusterDomain || isBelow(address, clusterDomain))
    return `is a name of this cluster's own domain '${clusterDomain}'`;
  return refusePublished(address, allowGatewayAddresses, publisher);
}

/**
 * Explains why no cluster should publish an address: see {@link refuseAddress}. Names inside of a cluster are refused too: Pods of other
 * clusters cannot resolve them, or find something of their own under them.
 */
function refusePublished(
  address: string,
  allowed: readonly string[],
  publisher: PublisherDomains | undefined,
): string | undefined {
  const { clusterDomain, meshDomain } = publisher ?? {};
  const own = clusterDomain === undefined ? [] : [`svc.${clusterDomain}`, `pod.${clusterDomain}`];
  const inside = [...own, meshDomain, DEFAULT_CLUSTER_DOMAIN, ...SHARED_DOMAINS, ...REVERSE_DOMAINS].find(
    (domain) => domain !== undefined && (address === domain || isBelow(address, domain)),
  );
  if (inside !== undefined)
    return `is a name in '${inside}', which only workloads inside of a cluster resolve`;
  return refuseAddress(address, allowed);
}

/** Usable gateways of a contract, and what is wrong with the others. */
export interface UsableGateways {
  /** Sorted, without duplicates. */
  gateways: GatewayAddress[];
  /** The first faults, with paths in the contract: none of these gateways takes the others with it. */
  refused: Fault[];
}

const PUBLISH_ANOTHER = "Publish another (gateway.advertise, or the address of the gateway's Service)";

/**
 * Parses and validates the gateways of a contract one by one: the same rules for the cluster that publishes them and for its readers.
 * @param published not yet validated.
 * @param refuse explains why an address must not be used, to complete "<the address> ..."; undefined for one that may.
 */
export function readGateways(
  published: readonly unknown[],
  refuse: (address: string) => string | undefined,
): UsableGateways {
  const refused: Fault[] = [];
  const gateways: GatewayAddress[] = [];
  for (const [index, value] of published.entries()) {
    const path = pathOf("gateways", index);
    const { data, error } = gatewayAddress.safeParse(value);
    if (error !== undefined) {
      refused.push(...firstFaultsOf(error, value).map((fault) => within(path, fault)));
      continue;
    }
    const rule = refuse(data.address);
    if (rule === undefined) {
      gateways.push(data);
      continue;
    }
    const place = pathOf("gateways", index, "address");
    refused.push({ path: place, value: data.address, rule, remedy: PUBLISH_ANOTHER });
  }
  return { gateways: sortGateways(gateways), refused: firstFaults(refused) };
}

/** Sorts gateways; of several with one address and port, the first by locality stays. */
function sortGateways(gateways: readonly GatewayAddress[]): GatewayAddress[] {
  return [...gateways].sort(compareGateways).filter((gateway, index, all) => {
    const before = all[index - 1];
    return before?.address !== gateway.address || before.port !== gateway.port;
  });
}

/**
 * Returns the gateways of a cluster's own contract: those that peers may use, which accept the same ranges as this stack.
 * @param addresses of its gateway, not yet validated.
 */
export function publishableGateways(
  addresses: readonly unknown[],
  publisher: PublisherDomains,
  allowed: readonly string[],
): UsableGateways {
  return readGateways(addresses, (address) => refusePublished(address, allowed, publisher));
}
