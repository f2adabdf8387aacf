import { type Contract } from "../contract/contract.ts";
import { defaultMeshDomain, REVERSE_DOMAINS, SHARED_DOMAINS } from "../core/domains.ts";
import { type Fault, pathOf } from "../core/fault.ts";
import { parentDomains } from "../core/names.ts";
import { append, ownValue } from "../core/order.ts";
import { type Topology, type PeerNames, TRAITS } from "../core/topology.ts";
import {
  type NamedCluster,
  type NamesChoice,
  validateMeshDomain,
  nameField,
  namesOf,
  namingRemedy,
} from "./peerNames.ts";
import { type PinnedPeer } from "../trust/pinnedPeer.ts";
import { RootNames, type RootOwner } from "../trust/rootNames.ts";

/** Domains and roots of one cluster that no other may have here. */
export interface Claim extends RootOwner {
  /** Domains of its host names, as they are called here. */
  nameDomains: readonly string[];
}

/** A claimed domain, and its place among all. */
interface ClaimedDomain {
  owner: string;
  domain: string;
  index: number;
}

/** Claimed domains of one kind, found by any domain that is, holds or lies in one. */
class DomainIndex {
  readonly #exact = new Map<string, ClaimedDomain[]>();
  /** By each domain that holds the claimed one. */
  readonly #below = new Map<string, ClaimedDomain[]>();
  #size = 0;

  add(owner: string, domain: string): void {
    const claimed = { owner, domain, index: this.#size++ };
    append(this.#exact, domain, claimed);
    for (const parent of parentDomains(domain)) append(this.#below, parent, claimed);
  }

  /** The claimed domains that are, hold or lie in a domain, in the order in which they were added. */
  overlapping(domain: string): ClaimedDomain[] {
    return [
      ...(this.#exact.get(domain) ?? []),
      ...(this.#below.get(domain) ?? []),
      ...parentDomains(domain).flatMap((parent) => this.#exact.get(parent) ?? []),
    ].sort((one, other) => one.index - other.index);
  }
}

/** All claims, indexed once, so that a plan takes time linear in the number of peers. */
export class ClaimIndex {
  readonly names = new DomainIndex();
  readonly trustDomains = new DomainIndex();
  readonly roots: RootNames;

  constructor(claims: readonly Claim[]) {
    for (const { owner, nameDomains, trustDomain } of claims) {
      for (const domain of nameDomains) this.names.add(owner, domain);
      if (trustDomain !== undefined) this.trustDomains.add(owner, trustDomain);
    }
    this.roots = new RootNames(claims);
  }
}

/** The domains that a cluster asks to have here. */
export interface AskedDomains {
  /** For messages, as in its own claim. */
  owner: string;
  /** Name that the cluster gives itself. */
  cluster: string;
  /** Domain of its host names; undefined where it publishes none, which is a fault of its own. */
  nameDomain: string | undefined;
  /** Field of the contract with the name domain. */
  nameField: "clusterDomain" | "meshDomain";
  /** Further domains that it owns, below which it may have host names. */
  domains: readonly string[];
  trustDomain: string;
}

/** Kinds of domains that clusters may have in common: equal ones are fine then, nested ones are not. */
export type Common = readonly ("clusterDomain" | "trustDomain")[];

/**
 * Validates that the domains of a cluster neither are, hold nor lie in what others claim, each among its kind.
 * @param remedy for a name domain that is taken.
 */
export function domainFaults(
  { owner, cluster, nameDomain, nameField: path, domains, trustDomain }: AskedDomains,
  claims: ClaimIndex,
  common: Common,
  remedy: string,
): Fault[] {
  const faultsOf = (
    field: string,
    value: string,
    index: DomainIndex,
    mayBeSame: boolean,
    otherwise: string,
  ): Fault[] =>
    index
      .overlapping(value)
      .filter((claimed) => claimed.owner !== owner && !(mayBeSame && value === claimed.domain))
      .map((claimed) => ({
        path: field,
        value,
        rule: `must neither ${mayBeSame ? "" : "equal, "}contain nor lie in '${claimed.domain}', which is that of ${claimed.owner}`,
        remedy: mayBeSame
          ? "Give each cluster a domain of its own or all the same, or remove one of the peers"
          : otherwise,
      }));
  const trustRemedy =
    `Write cluster.trustDomain (by default the cluster domain) into the config of both stacks, e.g. ` +
    `'${defaultMeshDomain(cluster)}' for this peer, or remove one of the peers`;
  const ownedRemedy = `Have one of the two remove it from its cluster.domains, or remove one of the peers`;
  const mayShareNames = path === "clusterDomain" && common.includes("clusterDomain");
  return [
    ...(nameDomain === undefined ? [] : faultsOf(path, nameDomain, claims.names, mayShareNames, remedy)),
    ...domains.flatMap((domain, index) =>
      faultsOf(pathOf("domains", index), domain, claims.names, false, ownedRemedy),
    ),
    ...faultsOf("trustDomain", trustDomain, claims.trustDomains, common.includes("trustDomain"), trustRemedy),
  ];
}

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

/** Claims of this cluster, and in a federation of what no single peer can own. */
export function ownClaims(local: NamingCluster): Claim[] {
  const { clusterDomain, meshDomain, domains = [] } = local;
  const { trustDomain, rootCertificates = [], topology = "federation" } = local;
  const nameDomains = [clusterDomain, ...(meshDomain === undefined ? [] : [meshDomain]), ...domains];
  const own = { owner: "this cluster", nameDomains, trustDomain, rootCertificates };
  if (TRAITS[topology].names.includes("global")) return [own];
  const unowned = { trustDomain: undefined, rootCertificates: [] };
  return [
    own,
    { ...unowned, owner: "all clusters together", nameDomains: SHARED_DOMAINS },
    { ...unowned, owner: "reverse lookups", nameDomains: REVERSE_DOMAINS },
  ];
}

/** The owner of a peer's claim. */
export function ownerName(peer: string): string {
  return `peer ${peer}`;
}

/** The claim of a peer by its contract. */
export function claimOf({ peer, contract, names }: NamedReading): Claim {
  const domain = contract[nameField(names)];
  const { trustDomain, rootCertificates } = contract;
  return {
    owner: ownerName(peer),
    nameDomains: [...(domain === undefined ? [] : [domain]), ...ownedBy(contract, names)],
    trustDomain,
    rootCertificates,
  };
}

/** The claim of a peer without a contract, whose entries and roots stay here. */
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
export function validatePeerDomains(
  { peer, contract, names }: NamedReading,
  taken: ClaimIndex,
  { clusterDomain: ours, topology = "federation" }: NamingCluster,
): Fault[] {
  const { cluster, trustDomain } = contract;
  const field = nameField(names);
  const domains = ownedBy(contract, names);
  const asked = {
    ...{ owner: ownerName(peer), cluster, domains, trustDomain },
    ...{ nameDomain: contract[field], nameField: field },
  };
  return [
    ...validateMeshDomain(peer, names, contract, ours),
    ...domainFaults(asked, taken, TRAITS[topology].common, namingRemedy(peer, names, contract, ours)),
  ];
}
