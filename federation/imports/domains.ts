import { type Contract } from "../contract/contract.ts";
import { defaultMeshDomain, REVERSE_DOMAINS, SHARED_DOMAINS } from "../core/domains.ts";
import { type Fault, pathOf } from "../core/fault.ts";
import { overlap } from "../core/names.ts";
import { ownValue } from "../core/order.ts";
import { type Topology, type PeerNames, TRAITS } from "../core/topology.ts";
import {
  type NamedCluster,
  type NamesChoice,
  judgeMeshDomain,
  nameField,
  namesOf,
  otherNames,
} from "./peerNames.ts";
import { type PinnedPeer } from "../trust/pinnedPeer.ts";

/** What is somebody's, so that no other may have it. */
export interface Claim {
  /** For messages: `this cluster`, `pending peer cluster-c`. */
  owner: string;
  /** Domains in which its names are, as they are called here. */
  nameDomains: readonly string[];
  /** Left out where it tells nobody apart. */
  trustDomain?: string;
  /** PEM, as far as they are known. */
  rootCertificates?: readonly string[];
}

/** The domains that a cluster asks to have here. */
export interface AskedDomains {
  /** Name that it gives itself. */
  cluster: string;
  /** In which its names are to be; undefined where it does not say, which is told by itself. */
  nameDomain: string | undefined;
  /** The field of its contract that says so. */
  nameField: "clusterDomain" | "meshDomain";
  /** Others that it says it owns, below which it may have names. @default none */
  domains?: readonly string[];
  trustDomain: string;
}

/** Domains of one kind, or of both, that clusters may have in common: the same is fine then, and nested ones are not. */
export type Common = readonly ("clusterDomain" | "trustDomain")[];

/**
 * The domains of a cluster's names and its trust domain must neither be, hold nor lie in what others claim, each among its kind.
 * @param remedy what to do about a taken domain of names.
 */
export function judgeDomains(
  { cluster, nameDomain, nameField, domains = [], trustDomain }: AskedDomains,
  claims: readonly Claim[],
  common: Common = [],
  remedy = "Give each cluster a domain of its own, or remove one of the peers",
): Fault[] {
  const ofOne = (path: "clusterDomain" | "trustDomain"): boolean => common.includes(path);
  const names = claims.flatMap(({ owner, nameDomains }) => nameDomains.map((domain) => ({ owner, domain })));
  const trusts = claims.flatMap(({ owner, trustDomain: domain }) =>
    domain === undefined ? [] : [{ owner, domain }],
  );
  const trustRemedy =
    `Write cluster.trustDomain, which is the cluster domain unless said otherwise, into the config of both stacks, e.g. ` +
    `'${defaultMeshDomain(cluster)}' for this peer, or remove one of the peers`;
  const ownedRemedy = `Have one of the two take it out of its cluster.domains, or remove one of the peers`;
  return [
    ...(nameDomain === undefined
      ? []
      : judgeDomain(nameField, nameDomain, names, nameField !== "meshDomain" && ofOne(nameField), remedy)),
    ...domains.flatMap((domain, index) =>
      judgeDomain(pathOf("domains", index), domain, names, false, ownedRemedy),
    ),
    ...judgeDomain("trustDomain", trustDomain, trusts, ofOne("trustDomain"), trustRemedy),
  ];
}

function judgeDomain(
  path: string,
  value: string,
  claims: readonly { owner: string; domain: string }[],
  mayBeSame: boolean,
  remedy: string,
): Fault[] {
  return claims
    .filter(({ domain }) => overlap(value, domain))
    .filter(({ domain }) => !mayBeSame || value !== domain)
    .map(({ domain, owner }) => ({
      path,
      value,
      rule: `must ${mayBeSame ? "neither" : "neither be,"} hold nor lie in '${domain}', which is that of ${owner}`,
      remedy: mayBeSame
        ? "Give each cluster a domain of its own or all the same, or remove one of the peers"
        : remedy,
    }));
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
