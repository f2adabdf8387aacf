import { isOfferedTo } from "../contract/audience.ts";
import { type Contract, readContract } from "../contract/contract.ts";
import { type GatewayPolicy, refusePeerAddress } from "../contract/gateways.ts";
import { type GatewayAddress, IP_ADDRESS } from "../core/address.ts";
import { type Fault, FaultsError, pathOf, within } from "../core/fault.ts";
import { compare, ownValue, sortedRecord, sortedUnique } from "../core/order.ts";
import {
  type Claim,
  ClaimIndex,
  type NamedReading,
  type NamingCluster,
  claimOf,
  validatePeerDomains,
  ownClaims,
  ownerName,
  peerNamesOf,
} from "./claims.ts";
import type { Import } from "./import.ts";
import { serviceValidator, validateEntriesSize, validateGatewaysSize } from "./peerService.ts";
import { type OutsideRoots, validatePeerTopology } from "../trust/commonTrust.ts";

/** Imports of one peer, by its valid contract. */
export interface PeerImports {
  peer: string;
  /** Those that may be used; empty while the peer's gateway has no address: nothing can be registered yet. */
  gateways: GatewayAddress[];
  /** By host name here, sorted. */
  services: Record<string, Import>;
  /** Warnings about gateways that are not used, and about services that are not imported. */
  refused: Fault[];
  /** Services that are offered, and are not valid, as published; sorted. What was registered of them before stays. */
  refusedHosts: string[];

  contract: Contract;
}

/** The importing cluster. */
export interface LocalCluster extends GatewayPolicy, NamingCluster {
  /** Name of this cluster; with its trust domain, its identity in a contract's `peers`. */
  cluster: string;
  /** Our roots that a peer may have too, PEM. */
  ownRoots?: OutsideRoots;
  /** Place of each peer's contract, e.g. `stack cluster-b`, by the peer's name in our config. @default `stack <name>` */
  sources?: Readonly<Record<string, string>>;
}

/** A fault of a peer's contract as a whole. */
export interface PeerFault extends Fault {
  /** The peer's name in our config. */
  readonly peer: string;
}

/** Rules for a contract as a whole; their faults have paths in the contract. */
interface ContractRules {
  /** Whether the contract comes from its peer; with a fault nothing else is validated. */
  verify: (peer: string, contract: Contract) => Fault[];
  validate: (peer: string, contract: Contract) => Fault[];
}

/**
 * Validates the peers' contracts and plans the imports. A contract is another team's, so nothing in it is trusted:
 * docs/contract.md, "What a reader refuses". A peer that asks for a name, a domain or a root of a known peer is at fault alone; where
 * two new ones ask for the same, both are, as nothing shows who is right.
 *
 * @param contracts by the peer's name in our config; not yet validated.
 * @param claims of peers that are known already: what is pinned of them stays theirs.
 * @param rules further ones for a contract as a whole.
 * @returns the peers whose contracts are valid as a whole, sorted, and the faults of the others.
 */
export function planImports(
  local: LocalCluster,
  contracts: Readonly<Record<string, unknown>>,
  claims: readonly Claim[] = [],
  rules: Partial<ContractRules> = {},
): { imports: Record<string, PeerImports>; faults: PeerFault[] } {
  const { topology = "federation" } = local;
  const faults: PeerFault[] = [];
  const fit: NamedReading[] = [];
  for (const [peer, value] of Object.entries(contracts).sort(([one], [other]) => compare(one, other))) {
    const reading = readNamed(peer, value, local);
    const forged = "faults" in reading ? reading.faults : (rules.verify?.(peer, reading.contract) ?? []);
    const unfit =
      "faults" in reading || forged.length > 0
        ? forged
        : [
            ...validateName(reading.contract, local),
            ...validatePeerTopology(reading.contract, topology, local.ownRoots),
            ...validateGateways(reading, local),
            ...(rules.validate?.(peer, reading.contract) ?? []),
          ];
    faults.push(...unfit.map((fault) => ofPeer(peer, fault, local)));
    if (unfit.length === 0 && !("faults" in reading)) fit.push(reading);
  }

  const settled = [...ownClaims(local), ...claims];
  const asked = fit.map(claimOf);
  const known = new ClaimIndex(settled);
  const all = new ClaimIndex([...settled, ...asked.filter((claim) => !known.holds(claim))]);
  const imports: [string, PeerImports][] = [];
  for (const [index, reading] of fit.entries()) {
    const { peer, contract } = reading;
    const claim = asked[index];
    const taken = claim !== undefined && known.holds(claim) ? known : all;
    const conflicts = [
      ...validateClusterName(peer, contract, taken),
      ...validatePeerDomains(reading, taken, local),
      ...taken.roots.faults(ownerName(peer), contract.rootCertificates, local.ownRoots ?? []),
    ];
    const found = conflicts.length === 0 ? importPeer(reading, local) : { faults: conflicts };
    if ("faults" in found) faults.push(...found.faults.map((fault) => ofPeer(peer, fault, local)));
    else imports.push([peer, found]);
  }
  return { imports: sortedRecord(imports), faults };
}

/** Remedy of data that is not of the schema, whose own remedies speak to the one who writes it. */
export function publishAgain(source: string): string {
  return `Have the team of ${source} publish it with a version of this program that this stack reads`;
}

/** Names the place of a contract, whose team can mend what a peer publishes, unless the remedy does so. */
export function addressedTo(source: string, fault: Fault): Fault {
  if (fault.remedy.includes(source)) return fault;
  return { ...fault, remedy: `${fault.remedy} (${source} publishes it)` };
}

function sourceOf(peer: string, { sources = {} }: Pick<LocalCluster, "sources">): string {
  return ownValue(sources, peer) ?? `stack ${peer}`;
}

/** Reads a contract, and decides how the peer's services are called here. */
function readNamed(
  peer: string,
  value: unknown,
  local: LocalCluster,
): NamedReading | { faults: readonly Fault[] } {
  try {
    const { refusedGateways, ...reading } = readContract(
      value,
      `contract of peer ${peer}`,
      (address, publisher) => refusePeerAddress(address, local, publisher),
    );
    return {
      peer,
      ...reading,
      refused: reading.refused.map((fault) => ofPublisher(fault, peer, local)),
      refusedGateways: refusedGateways.map((fault) => orAccept(ofPublisher(fault, peer, local))),
      names: peerNamesOf(peer, reading.contract, local),
    };
  } catch (error) {
    if (!(error instanceof FaultsError)) throw error;
    const remedy = publishAgain(sourceOf(peer, local));
    return { faults: error.faults.map((fault) => ({ ...fault, remedy })) };
  }
}

/** Moves a fault from a path in a contract to one in the config. */
export function ofPeer(peer: string, fault: Fault, local: Pick<LocalCluster, "sources">): PeerFault {
  return { ...within(contractPath(peer), addressedTo(sourceOf(peer, local), fault)), peer };
}

function contractPath(peer: string): string {
  return pathOf("peers", peer, "contract");
}

/** Validates that a peer has not our name. */
function validateName({ cluster }: Contract, local: LocalCluster): Fault[] {
  if (cluster !== local.cluster) return [];
  const remedy = "Name the stack of another cluster, or have one of the two clusters renamed";
  return [{ path: "cluster", value: cluster, rule: "is the name of this very cluster", remedy }];
}

/** Validates that no other peer has the name that a peer gives itself: an export rule's `peers` means one of them. */
function validateClusterName(peer: string, { cluster }: Contract, taken: ClaimIndex): Fault[] {
  return taken
    .ownersNamed(cluster)
    .filter((owner) => owner !== ownerName(peer))
    .map((owner) => ({
      path: "cluster",
      value: cluster,
      rule: `is what ${owner} calls itself too`,
      remedy:
        "Have one of the two clusters renamed (cluster.name in its stack's config), or remove one of the peers",
    }));
}

/** Validates that a peer has a gateway that may be used, unless it publishes none yet, and not too many. */
function validateGateways(
  { peer, contract: { gateways }, refusedGateways }: NamedReading,
  local: LocalCluster,
): Fault[] {
  if (gateways.length === 0) return refusedGateways;
  return validateGatewaysSize(gateways).map((fault) => ofPublisher(fault, peer, local));
}

/** Addresses a remedy for the publisher of a contract to its reader. */
function ofPublisher(fault: Fault, peer: string, local: LocalCluster): Fault {
  const team = `the team of ${sourceOf(peer, local)}`;
  const remedy = `Have ${team} ${fault.remedy.charAt(0).toLowerCase()}${fault.remedy.slice(1)}`;
  return { ...fault, remedy };
}

/** A gateway's address in a refused range may be accepted here. */
function orAccept(fault: Fault): Fault {
  const isAddress = typeof fault.value === "string" && IP_ADDRESS.test(fault.value);
  const accept = ", or accept the range by allowGatewayAddresses in this stack's config";
  return isAddress ? { ...fault, remedy: `${fault.remedy}${accept}` } : fault;
}

/** Plans the imports of one peer; a fault when they are too large together. */
function importPeer(
  { peer, contract, names, refusedGateways, ...malformed }: NamedReading,
  local: LocalCluster,
): PeerImports | { faults: Fault[] } {
  const validateService = serviceValidator(contract, names);
  const refused = [...refusedGateways, ...malformed.refused];
  const refusedHosts = [...malformed.refusedHosts];
  const services: [string, Import][] = [];
  let size = 0;
  for (const [host, service] of Object.entries(contract.services)) {
    if (!isOfferedTo(service, local)) continue;
    const validated = validateService(host, service);
    refused.push(
      ...validated.faults.map((fault) => ofPublisher(within(pathOf("services", host), fault), peer, local)),
    );
    if (validated.faults.length > 0) {
      refusedHosts.push(host);
      continue;
    }
    services.push([validated.name, validated.service]);
    size += validated.size;
  }
  const tooLarge = validateEntriesSize(services.length, size);
  if (tooLarge.length > 0) return { faults: tooLarge.map((fault) => ofPublisher(fault, peer, local)) };
  return {
    peer,
    gateways: contract.gateways,
    services: sortedRecord(services),
    refused: refused.map((fault) => ofPeer(peer, fault, local)),
    refusedHosts: sortedUnique(refusedHosts),
    contract,
  };
}
