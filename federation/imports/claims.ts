import type { StackConfig } from "../config/stackConfig.ts";
import type { ReadContract } from "../contract/contract.ts";
import { defaultMeshDomain, REVERSE_DOMAINS, SHARED_DOMAINS } from "../core/domains.ts";
import { type Fault, pathOf, within } from "../core/fault.ts";
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

/** Name, domains and roots of one cluster that no other may have here. */
export interface Claim extends RootOwner {
  /** Name that the cluster gives itself; undefined where it gives none. */
  cluster: string | undefined;
  /** Domains of its host names here. */
  nameDomains: readonly string[];
}

/** A claimed domain, and its place among all. */
interface ClaimedDomain {
  owner: string;
  domain: string;
  index: number;
}

/** Claimed domains of one kind, found by any domain that overlaps with one. */
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

  /** Returns the claimed domains that overlap with a domain, in the order in which they were added. */
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
  readonly #byOwner: ReadonlyMap<string, Claim>;
  readonly #byName: ReadonlyMap<string | undefined, readonly Claim[]>;

  constructor(claims: readonly Claim[]) {
    this.#byOwner = new Map(claims.map((claim) => [claim.owner, claim]));
    this.#byName = Map.groupBy(claims, ({ cluster }) => cluster);
    for (const { owner, nameDomains, trustDomain } of claims) {
      for (const domain of nameDomains) this.names.add(owner, domain);
      if (trustDomain !== undefined) this.trustDomains.add(owner, trustDomain);
    }
    this.roots = new RootNames(claims);
  }

  /** Whether all that a claim asks for is its owner's already. */
  holds({ owner, cluster, nameDomains, trustDomain, rootCertificates }: Claim): boolean {
    const own = this.#byOwner.get(owner);
    return (
      own !== undefined &&
      own.cluster === cluster &&
      own.trustDomain === trustDomain &&
      nameDomains.every((domain) => own.nameDomains.includes(domain)) &&
      rootCertificates.every((root) => own.rootCertificates.includes(root))
    );
  }

  /** Owners that give themselves a name, in the order in which they were added. */
  ownersNamed(cluster: string): string[] {
    return (this.#byName.get(cluster) ?? []).map(({ owner }) => owner);
  }
}

/** Domains that a cluster asks to have here. */
export interface AskedDomains {
  /** As in its own claim. */
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

/** Kinds of domains that clusters may have in common: equal ones are valid, nested ones are not. */
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
  ) =>
    index
      .overlapping(value)
      .filter((claimed) => claimed.owner !== owner && !(mayBeSame && value === claimed.domain))
      .map(({ domain, owner: other }): Fault => {
        const rule = `must neither ${mayBeSame ? "" : "equal, "}contain nor lie in '${domain}', which is that of ${other}`;
        const same = "Give each cluster a domain of its own or all the same, or remove one of the peers";
        return { path: field, value, rule, remedy: mayBeSame ? same : otherwise };
      });
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

/** Domains and roots of the importing cluster, which no peer may have. */
export interface NamingCluster {
  clusterDomain: string;
  trustDomain: string;
  /** Domain under which peers may register our services; undefined where none do. */
  meshDomain?: string | undefined;
  /** Further domains of ours. @default none */
  domains?: readonly string[];
  /** @default federation */
  topology?: Topology;
  /** Kinds of host names in the config, by the peer's name. @default by {@link namesOf} */
  names?: Readonly<Record<string, NamesChoice>>;
  /** Certificates of our authority, PEM, whose subjects no peer's root may have. */
  rootCertificates?: readonly string[];
}

/** A contract that could be read, and the kind of host names of the peer's services here. */
export interface NamedReading extends ReadContract {
  peer: string;
  names: PeerNames;
}

/** Returns the kind of host names of a peer's services, by the config and by its domains. */
export function peerNamesOf(peer: string, domains: NamedCluster, local: NamingCluster): PeerNames {
  const { topology = "federation", names = {}, clusterDomain } = local;
  return namesOf(topology, domains, clusterDomain, ownValue(names, peer));
}

/** Claims of this cluster and, unless names are global, of the domains that no single peer can own. */
export function ownClaims(local: NamingCluster): Claim[] {
  const { clusterDomain, meshDomain, domains = [] } = local;
  const { trustDomain, rootCertificates = [], topology = "federation" } = local;
  const nameDomains = [clusterDomain, meshDomain, ...domains].filter((domain) => domain !== undefined);
  const own = { owner: "this cluster", cluster: undefined, nameDomains, trustDomain, rootCertificates };
  return [own, ...reservedClaims(topology)];
}

/** Claims of domains that no single cluster can own; none where all names are global. */
function reservedClaims(topology: Topology): Claim[] {
  if (TRAITS[topology].names.includes("global")) return [];
  const unowned = { cluster: undefined, trustDomain: undefined, rootCertificates: [] };
  return [
    { ...unowned, owner: "all clusters together", nameDomains: SHARED_DOMAINS },
    { ...unowned, owner: "reverse lookups", nameDomains: REVERSE_DOMAINS },
  ];
}

/** Finds domains of this cluster that every peer would refuse, as no single cluster can own them. */
export function reservedDomainFaults(
  { name, domain, domains, trustDomain }: StackConfig["cluster"],
  topology: Topology,
): Fault[] {
  const named = { nameDomain: domain, nameField: "clusterDomain" as const, domains };
  const asked = { owner: "this cluster", cluster: name, trustDomain, ...named };
  const remedy = "Federate a cluster with another domain: peers would refuse this one";
  return domainFaults(asked, new ClaimIndex(reservedClaims(topology)), [], remedy).map((fault) =>
    within("cluster", fault.path === "clusterDomain" ? { ...fault, path: "domain" } : fault),
  );
}

/** Returns the owner of a peer's claim. */
export function ownerName(peer: string): string {
  return `peer ${peer}`;
}

/** Returns the claim of a peer by its contract. */
export function claimOf({ peer, contract, names }: NamedReading): Claim {
  const { cluster, trustDomain, rootCertificates } = contract;
  const domains = [contract[nameField(names)], ...ownedBy(contract, names)];
  const nameDomains = domains.filter((domain) => domain !== undefined);
  return { owner: ownerName(peer), cluster, nameDomains, trustDomain, rootCertificates };
}

/**
 * Returns the claim of a known peer by what is pinned of it: its entries and roots stay here, whatever its contract says.
 * @param isPending whether it publishes no contract, for messages.
 */
export function claimOfKnown(
  peer: string,
  pinned: PinnedPeer,
  isPending: boolean,
  local: NamingCluster,
): Claim {
  const { cluster, clusterDomain, trustDomain, rootCertificates } = pinned;
  const names = peerNamesOf(peer, pinned, local);
  // Without a mesh domain its services could have been called by their own names only.
  const nameDomains = [pinned[nameField(names)] ?? clusterDomain, ...ownedBy(pinned, names)];
  const owner = isPending ? `pending peer ${peer}` : ownerName(peer);
  return { owner, cluster, nameDomains, trustDomain, rootCertificates };
}

/** Returns further domains in which a peer may have names here: none where all names are global. */
function ownedBy({ domains = [] }: NamedCluster, names: PeerNames): string[] {
  return names === "global" ? [] : domains;
}

/** Validates that a peer's names and identities are in domains that are nobody else's here. */
export function validatePeerDomains(
  { peer, contract, names }: NamedReading,
  taken: ClaimIndex,
  { clusterDomain: ours, topology = "federation" }: NamingCluster,
): Fault[] {
  const { cluster, trustDomain } = contract;
  const field = nameField(names);
  const named = { nameDomain: contract[field], nameField: field, domains: ownedBy(contract, names) };
  const asked = { owner: ownerName(peer), cluster, trustDomain, ...named };
  return [
    ...validateMeshDomain(peer, names, contract, ours),
    ...domainFaults(asked, taken, TRAITS[topology].common, namingRemedy(peer, names, contract, ours)),
  ];
}
