import { type Contract, readContract } from "../contract/contract.ts";
import type { GatewayAddress } from "../core/address.ts";
import { count } from "../core/text.ts";
import { type Fault, FaultsError, pathOf, within } from "../core/fault.ts";
import { compare, sortedRecord } from "../core/order.ts";
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
import { type GatewayPolicy, validateGateways } from "./peerGateway.ts";
import { serviceValidator } from "./peerService.ts";
import { type OutsideRoots, validatePeerTopology } from "../trust/commonTrust.ts";

/** Bytes that one peer's ServiceEntries may take together: an eighth of what etcd holds by default. */
export const ENTRIES_LIMIT = 256 * 1024 * 1024;

/** What to have here of one peer. */
export interface PeerImports {
  peer: string;
  /** Empty as long as the peer's gateway has no address: then nothing can be registered yet. */
  gateways: GatewayAddress[];
  /** By the host name under which each is called here, sorted. */
  services: Record<string, Import>;
  /** Single services left out, and why: a warning. */
  refused: Fault[];
  /** What the peer published, checked, for whatever else is needed of it (its roots, say). */
  contract: Contract;
}

/** Who imports, and what gateways it puts up with. */
export interface LocalCluster extends GatewayPolicy, NamingCluster {
  /** Our cluster's name, by which a contract's `peers` may name us. */
  cluster: string;
  /** Roots of ours that a peer may have too, PEM. */
  ownRoots?: OutsideRoots;
}

/** A fault of a peer's contract as a whole. */
export interface PeerFault extends Fault {
  /** The peer's name in our config. */
  readonly peer: string;
}

/**
 * Validates what the peers publish and plans what to register of it. A contract comes from another team, so nothing in it is trusted:
 * docs/contract.md, "What a reader refuses". Where two contracts claim one domain, both are at fault: nothing shows who is right.
 *
 * @param contracts by the peer's name in our config; each is read with {@link readContract}, so it may be anything.
 * @param claims further domains which are neither ours nor of any of these contracts.
 * @param judge further rules for a contract as a whole, with paths in the contract.
 * @returns the peers whose contracts are valid as a whole, sorted, and the faults of the others.
 */
export function planImports(
  local: LocalCluster,
  contracts: Readonly<Record<string, unknown>>,
  claims: readonly Claim[] = [],
  judge: (peer: string, contract: Contract) => Fault[] = () => [],
): { imports: Record<string, PeerImports>; faults: PeerFault[] } {
  const faults: PeerFault[] = [];
  const readings: NamedReading[] = [];
  for (const [peer, value] of Object.entries(contracts).sort(([one], [other]) => compare(one, other))) {
    try {
      const reading = readContract(value, `contract of peer ${peer}`);
      readings.push({ peer, ...reading, names: peerNamesOf(peer, reading.contract, local) });
    } catch (error) {
      if (!(error instanceof FaultsError)) throw error;
      faults.push(...error.faults.map((fault) => ofPeer(peer, fault)));
    }
  }

  const { topology = "federation" } = local;
  const imports: [string, PeerImports][] = [];
  const taken = new ClaimIndex([...ownClaims(local), ...readings.map(claimOf), ...claims]);
  for (const reading of readings) {
    const { peer, contract } = reading;
    const unfit = [
      ...validateName(contract, local),
      ...validatePeerTopology(contract, topology, local.ownRoots),
      ...validatePeerDomains(reading, taken, local),
      ...taken.roots.faults(ownerName(peer), contract.rootCertificates, local.ownRoots ?? []),
      ...validateGateways(contract.gateways, local),
      ...judge(peer, contract),
    ];
    const found = unfit.length === 0 ? importPeer(reading, local) : { faults: unfit };
    if ("faults" in found) faults.push(...found.faults.map((fault) => ofPeer(peer, fault)));
    else imports.push([peer, found]);
  }
  return { imports: sortedRecord(imports), faults };
}

function ofPeer(peer: string, fault: Fault): PeerFault {
  return { ...within(contractPath(peer), fault), peer };
}

function contractPath(peer: string): string {
  return pathOf("peers", peer, "contract");
}

/** What a peer calls itself is its own affair (our config has a name for it), unless it takes our name. */
function validateName({ cluster }: Contract, local: LocalCluster): Fault[] {
  if (cluster !== local.cluster) return [];
  const remedy = "Name the stack of another cluster, or have one of the two clusters renamed";
  return [{ path: "cluster", value: cluster, rule: "is the name of this very cluster", remedy }];
}

/** @returns what to import, or why the contract as a whole asks for too much. */
function importPeer(
  { peer, contract, refused: unreadable, names }: NamedReading,
  local: LocalCluster,
): PeerImports | { faults: Fault[] } {
  const judge = serviceValidator(contract, names);
  const refused = [...unreadable];
  const services: [string, Import][] = [];
  let size = 0;
  for (const [host, service] of Object.entries(contract.services)) {
    if (service.peers !== undefined && !service.peers.includes(local.cluster)) continue;
    const judgement = judge(host, service);
    refused.push(...judgement.faults.map((fault) => within(pathOf("services", host), fault)));
    if (judgement.faults.length > 0) continue;
    services.push([judgement.name, judgement.service]);
    size += judgement.size;
  }
  if (size > ENTRIES_LIMIT) return { faults: [tooMuch(services.length, size)] };
  return {
    peer,
    gateways: contract.gateways,
    services: sortedRecord(services),
    refused: refused.map((fault) => within(contractPath(peer), fault)),
    contract,
  };
}

function tooMuch(services: number, size: number): Fault {
  const rule = `make ${count(services)} ServiceEntries of ${count(size)} bytes together, and may make ${count(ENTRIES_LIMIT)}`;
  return { path: "services", rule, remedy: "Have the peer publish fewer ports, identities or gateways" };
}
