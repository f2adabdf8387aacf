import { GLOBAL_DOMAIN, globalName } from "../core/domains.ts";
import { type Fault, pathOf, settingCommand } from "../core/fault.ts";
import { HOST_NAME, isBelow } from "../core/names.ts";
import { type Topology, type PeerNames, TRAITS } from "../core/topology.ts";
import type { PinnedPeer } from "../trust/pinnedPeer.ts";

/** Domains by which a peer's services may be named. */
export type NamedCluster = Pick<PinnedPeer, "clusterDomain" | "meshDomain" | "domains">;

/** The ways of naming that a stack may choose for a peer. */
export const CHOICES = ["own", "mesh"] as const satisfies PeerNames[];

export type NamesChoice = (typeof CHOICES)[number];

/**
 * Under which names a peer's services are called here. It depends on this one peer and on us only, so that no other peer, whenever it comes
 * or goes, renames anything.
 * @param ours our cluster domain.
 * @param chosen what the stack's config says of this peer.
 */
export function namesOf(
  topology: Topology,
  { clusterDomain }: NamedCluster,
  ours: string,
  chosen?: NamesChoice,
): PeerNames {
  const [usual, ...others] = TRAITS[topology].names;
  if (!others.includes("mesh")) return usual;
  return chosen ?? (clusterDomain === ours ? "mesh" : usual);
}

/** By which of its domains a peer's names are kept apart from others'. */
export function nameField(names: PeerNames): "clusterDomain" | "meshDomain" {
  return names === "mesh" ? "meshDomain" : "clusterDomain";
}

/**
 * The name under which a peer's service is called here.
 * @param host its name there, below its cluster domain or a domain that it owns.
 * @returns undefined when it has none: see {@link nameless}.
 */
export function nameHere(names: PeerNames, host: string, peer: NamedCluster): string | undefined {
  if (names === "own") return host;
  return names === "global" ? globalName(host, peer.clusterDomain) : meshName(host, peer);
}

/**
 * Another domain in the place of the cluster's; a name in a domain that it owns is nobody else's anyway. As none of its domains holds
 * another, of two services no two get one name.
 */
function meshName(
  host: string,
  { clusterDomain, meshDomain, domains = [] }: NamedCluster,
): string | undefined {
  if (domains.some((domain) => isBelow(host, domain))) return host;
  if (meshDomain === undefined || !isBelow(host, clusterDomain)) return undefined;
  const name = `${host.slice(0, -clusterDomain.length)}${meshDomain}`;
  return HOST_NAME.test(name) ? name : undefined;
}

/** Why a service of a peer has no name here. */
export function nameless(names: PeerNames, { meshDomain = "" }: NamedCluster): Fault {
  if (names === "global") {
    return {
      path: "",
      rule: `is not of the form '<name>.<namespace>.svc.<cluster domain>', so it has no name under '${GLOBAL_DOMAIN}'`,
      remedy: "Have the peer export the Service itself",
    };
  }
  return {
    path: "",
    rule: `would be too long under the peer's mesh domain '${meshDomain}': a DNS name has at most 253 characters`,
    remedy: "Have the peer shorten the service's name or namespace, or its mesh domain",
  };
}

/**
 * A peer whose services are to have names under its mesh domain must say which that is.
 * @param peer its name in our config.
 * @param ours our cluster domain.
 */
export function validateMeshDomain(
  peer: string,
  names: PeerNames,
  cluster: NamedCluster,
  ours: string,
): Fault[] {
  const { clusterDomain, meshDomain } = cluster;
  if (names !== "mesh" || meshDomain !== undefined) return [];
  const update =
    "Have the peer's stack updated with a version of this program that publishes its mesh domain (`pulumi up` there)";
  const isOurs = clusterDomain === ours;
  return [
    {
      path: "meshDomain",
      rule: `is missing, but required for the names of its services here: ${reasonFor(peer, cluster, ours)}`,
      remedy: isOurs ? update : `${update}, or keep the names that they have there: ${choosing(peer, "own")}`,
    },
  ];
}

/** Why a peer's services are not called by their own names. */
function reasonFor(peer: string, { clusterDomain }: NamedCluster, ours: string): string {
  if (clusterDomain === ours) return `its cluster domain '${clusterDomain}' is also that of this cluster`;
  return `${pathOf("peers", peer)}.names is 'mesh'`;
}

/**
 * Says that a peer's services get other names than an older version gave them, which knew no mesh domains.
 * @param peer its name in our config.
 * @param pinned what was known of it before; undefined at first sight.
 */
export function namingNotes(
  peer: string,
  names: PeerNames,
  { meshDomain = "", clusterDomain }: NamedCluster,
  pinned: NamedCluster | undefined,
): string[] {
  if (names !== "mesh" || pinned === undefined || pinned.meshDomain !== undefined) return [];
  return [
    `services of ${peer} get names below its mesh domain '${meshDomain}' instead of '${clusterDomain}'; ` +
      `to keep the former names: ${choosing(peer, "own")}`,
  ];
}

/**
 * What to do where the domain of a peer's names is taken here.
 * @param peer its name in our config.
 * @param ours our cluster domain.
 */
export function namingRemedy(peer: string, names: PeerNames, cluster: NamedCluster, ours: string): string {
  const apart = "Give each cluster a domain of its own, or remove one of the peers";
  if (names === "global") return apart;
  if (names === "mesh") {
    const own =
      cluster.clusterDomain === ours
        ? ""
        : `, or have the names that its services have there: ${choosing(peer, "own")}`;
    return `Write another cluster.meshDomain into the config of the cluster that is new${own}, or remove one of the peers`;
  }
  const { meshDomain } = cluster;
  const where =
    meshDomain === undefined ? ", once its stack is updated and publishes one" : ` '${meshDomain}'`;
  return `Have its services under its mesh domain${where}: ${choosing(peer, "mesh")}; or remove one of the peers`;
}

/** The command by which a stack chooses a peer's names. */
function choosing(peer: string, names: NamesChoice): string {
  return settingCommand(`${pathOf("peers", peer)}.names`, names);
}
