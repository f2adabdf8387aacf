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
 * Returns the kind of host names that a peer's services have here. It depends on this peer and on us only, so that no other peer that is
 * added or removed renames anything.
 * @param ours our cluster domain.
 * @param chosen the peer's `names` in the stack's config.
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

/** Returns the field of the domain that no other peer may have. */
export function nameField(names: PeerNames): "clusterDomain" | "meshDomain" {
  return names === "mesh" ? "meshDomain" : "clusterDomain";
}

/**
 * Returns the host name here of a peer's service.
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

/** Explains why a service of a peer has no name here; the remedy is for the peer's team. */
export function nameless(names: PeerNames, { meshDomain = "" }: NamedCluster): Fault {
  if (names === "global") {
    const rule = `is not of the form '<name>.<namespace>.svc.<cluster domain>', so it has no name under '${GLOBAL_DOMAIN}'`;
    return { path: "", rule, remedy: "Export the Service itself" };
  }
  const rule = `would be too long under the mesh domain '${meshDomain}': a DNS name has at most 253 characters`;
  const remedy = "Shorten the service's name or namespace, or the mesh domain";
  return { path: "", rule, remedy };
}

/**
 * Validates that a peer publishes its mesh domain, where its services have their names in it.
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
  const [reason, remedy] =
    clusterDomain === ours
      ? [`its cluster domain '${clusterDomain}' is also that of this cluster`, update]
      : [
          `${pathOf("peers", peer)}.names is 'mesh'`,
          `${update}, or keep the names that they have there: ${choosing(peer, "own")}`,
        ];
  const rule = `is missing, but required for the names of its services here: ${reason}`;
  return [{ path: "meshDomain", rule, remedy }];
}

/**
 * Returns the remedy where the domain of a peer's names is taken here.
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

/** Formats the command by which a stack chooses a peer's names. */
function choosing(peer: string, names: NamesChoice): string {
  return settingCommand(`${pathOf("peers", peer)}.names`, names);
}
