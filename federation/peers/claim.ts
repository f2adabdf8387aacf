import { type Fault, pathOf } from "../fault.ts";
import { overlap } from "../hostname.ts";
import { defaultMeshDomain } from "./meshDomain.ts";

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
