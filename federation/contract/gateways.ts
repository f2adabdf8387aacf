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
 * Explains why an address must not be taken from a peer, as {@link refuseAddress}. Names inside of a cluster are refused too: Pods of other
 * clusters cannot resolve them, or find something of their own under them.
 * @param publisher undefined where its domains are not known.
 */
export function refusePeerAddress(
  address: string,
  local: GatewayPolicy,
  publisher?: PublisherDomains,
): string | undefined {
  const isIn = (domain: string): boolean => address === domain || isBelow(address, domain);
  if (isIn(local.clusterDomain)) return `is a name of this cluster's own domain '${local.clusterDomain}'`;
  return (
    (publisher && refuseOwnName(address, publisher)) ?? refuseAddress(address, local.allowGatewayAddresses)
  );
}

/** Explains why a cluster must not publish a name as that of its gateway; undefined for other names and for IP addresses. */
export function refuseOwnName(
  address: string,
  { clusterDomain, meshDomain }: PublisherDomains,
): string | undefined {
  const own = [
    `svc.${clusterDomain}`,
    `pod.${clusterDomain}`,
    ...(meshDomain === undefined ? [] : [meshDomain]),
  ];
  const inside = [...own, DEFAULT_CLUSTER_DOMAIN, ...SHARED_DOMAINS, ...REVERSE_DOMAINS].find(
    (domain) => address === domain || isBelow(address, domain),
  );
  return inside && `is a name in '${inside}', which only workloads inside of a cluster resolve`;
}

/** Usable gateways of a contract, and what is wrong with the others. */
export interface UsableGateways {
  /** Sorted, without duplicates. */
  gateways: GatewayAddress[];
  /** The first faults, with paths in the contract: none of these gateways takes the others with it. */
  refused: Fault[];
}

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
    refused.push({ path: place, value: data.address, rule, remedy: "Publish another" });
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
