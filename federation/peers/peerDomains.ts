import { type Claim, judgeDomains } from "./claim.ts";
import type { Contract } from "../contract.ts";
import { REVERSE_DOMAINS } from "../dns/reservedDomains.ts";
import type { Fault } from "../fault.ts";
import { SHARED_DOMAINS } from "./meshDomain.ts";
import { ownValue } from "../order.ts";
import type { PinnedPeer } from "./pinnedPeer.ts";
import type { Topology } from "../topology.ts";
import {
  type NamedCluster,
  type NamesChoice,
  judgeMeshDomain,
  nameField,
  namesOf,
  otherNames,
} from "../topology/peerNames.ts";
import { type PeerNames, TRAITS } from "../topology/traits.ts";

/** Who imports, as far as names are judged by it. */
export interface NamingCluster {
  clusterDomain: string;
  trustDomain: string;
  /** Where peers may register our services; left out where none do. */
  meshDomain?: string;
  /** Further ones that are ours. @default none */
  domains?: readonly string[];
  /** How it is connected with its peers. @default federation */
  topology?: Topology;
  /** What the config says of how peers' services are called here, by the peer's name there. @default by {@link namesOf} */
  names?: Readonly<Record<string, NamesChoice>>;
  /** Certificates of our authority, PEM, by whose names no peer's root may go. */
  rootCertificates?: readonly string[];
}

/** A contract that could be read, and how the peer's services are called here. */
export interface NamedReading {
  peer: string;
  contract: Contract;
  /** What is wrong with single services. */
  refused: Fault[];
  names: PeerNames;
}

/** Under which names a peer's services are called here, by the config and by its domains. */
export function peerNamesOf(peer: string, domains: NamedCluster, local: NamingCluster): PeerNames {
  const { topology = "federation", names = {}, clusterDomain } = local;
  return namesOf(topology, domains, clusterDomain, ownValue(names, peer));
}

/** What is ours, and in a federation what no single peer's can be. */
export function ownClaims(local: NamingCluster): Claim[] {
  const { clusterDomain, meshDomain, domains = [] } = local;
  const { trustDomain, rootCertificates = [], topology = "federation" } = local;
  const nameDomains = [clusterDomain, ...(meshDomain === undefined ? [] : [meshDomain]), ...domains];
  const own = { owner: "this cluster", nameDomains, trustDomain, rootCertificates };
  if (TRAITS[topology].names.includes("global")) return [own];
  return [
    own,
    { owner: "all clusters together", nameDomains: SHARED_DOMAINS },
    { owner: "reverse lookups", nameDomains: REVERSE_DOMAINS },
  ];
}

/** What is a peer's by its contract. */
export function claimOf({ peer, contract, names }: NamedReading): Claim {
  const domain = contract[nameField(names)];
  const { trustDomain, rootCertificates } = contract;
  return {
    owner: `peer ${peer}`,
    nameDomains: [...(domain === undefined ? [] : [domain]), ...ownedBy(contract, names)],
    trustDomain,
    rootCertificates,
  };
}

/** What stays a peer's while it has no contract: its entries and its roots stay here too. */
export function claimOfPending(peer: string, pinned: PinnedPeer, local: NamingCluster): Claim {
  const { clusterDomain, trustDomain, rootCertificates } = pinned;
  const names = peerNamesOf(peer, pinned, local);
  // Without a mesh domain its services could have been called by their own names only.
  const nameDomains = [pinned[nameField(names)] ?? clusterDomain, ...ownedBy(pinned, names)];
  return { owner: `pending peer ${peer}`, nameDomains, trustDomain, rootCertificates };
}

/** Further domains in which a peer may have names here: none where all names are global. */
function ownedBy({ domains = [] }: NamedCluster, names: PeerNames): string[] {
  return names === "global" ? [] : domains;
}

/** A peer's names and identities must be in domains that are nobody else's here. */
export function judgePeerDomains(
  { peer, contract, names }: NamedReading,
  taken: readonly Claim[],
  { clusterDomain: ours, topology = "federation" }: NamingCluster,
): Fault[] {
  const { cluster, trustDomain } = contract;
  const field = nameField(names);
  const domains = ownedBy(contract, names);
  const asked = { cluster, nameDomain: contract[field], nameField: field, domains, trustDomain };
  return [
    ...judgeMeshDomain(peer, names, contract, ours),
    ...judgeDomains(asked, taken, TRAITS[topology].common, otherNames(peer, names, contract, ours)),
  ];
}
