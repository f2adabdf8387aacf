import type { StackConfig } from "../config/stackConfig.ts";
import { ownValue } from "../core/order.ts";
import { utc } from "../core/text.ts";
import type { LastRun } from "../lastRun.ts";
import { type PeerAccess, hasExpired, isCredentialLate } from "./credential.ts";
import type { PinnedPeer } from "../trust/pinnedPeer.ts";

/** A peer in a single mesh, as this run of the program found it. */
export type MeshPeerState = JoinedPeer | AwaitedPeer;

/** A peer whose API server our istiod is to read. */
export interface JoinedPeer {
  state: "ready";
  access: PeerAccess;
  pinned: PinnedPeer;
}

/** A peer that has not let us in yet, or is not there. */
export interface AwaitedPeer {
  state: "pending";
  /** Why, and what to do, in a sentence for a person. */
  reason: string;
  /** Since when, in UTC as `2026-11-21T10:28:15Z`. */
  since: string;
  /** What our istiod read it by before, as long as nobody has said that it may not. */
  access: PeerAccess | undefined;
  pinned: PinnedPeer | undefined;
}

/** Why an API server refused a credential, or could not be asked. */
export interface AccessFailure {
  /** HTTP status; undefined without an answer. */
  status: number | undefined;
  cause: string;
  /** No answer, or one of another server. */
  unreachable: boolean;
  /** The same request may succeed a little later, or from another place. */
  passing: boolean;
}

/** Since when a peer is pending that is so now. */
export function pendingSince(peer: string, { statuses }: Pick<LastRun, "statuses">, now: Date): string {
  const known = ownValue(statuses, peer);
  return known?.state === "pending" && known.since !== "" ? known.since : utc(now);
}
/** Why a peer's API server does not let us in, and who is to do what. */
export interface Refusal {
  /** Completes "its API server ...". */
  rule: string;
  /** In the imperative, in lower case at its start. */
  remedy: string;
}

/** A peer whose API server refuses what it published for us: it is trusted as before, and istiod keeps what it had of it. */
export function refusedPeer(
  peer: string,
  { access, pinned }: JoinedPeer,
  { rule, remedy }: Refusal,
  last: Pick<LastRun, "joined" | "statuses">,
  now: Date,
): AwaitedPeer {
  return {
    state: "pending",
    reason: `its API server ${access.server} ${rule}; ${remedy}`,
    since: pendingSince(peer, last, now),
    access: ownValue(last.joined, peer),
    pinned,
  };
}
/** Says why a peer is pending, or that our credential for it is late. @param stack of the peer. */
export function meshPeerWarnings(peer: string, view: MeshPeerState, stack: string, now: Date): string[] {
  if (view.state === "pending") {
    const kept = view.access === undefined ? "" : ". What istiod knew of it before stays";
    return [`Peer ${peer} is pending: ${view.reason}${kept}`];
  }
  const { access } = view;
  if (!isCredentialLate(access, now)) return [];
  const remedy = `have its team run \`pulumi up\` on stack ${stack}, then run it here`;
  return hasExpired(access, now)
    ? [
        `This cluster's credential for peer ${peer} ended on ${access.expires}: istiod sees nothing new of it; ${remedy}`,
      ]
    : [`This cluster's credential for peer ${peer} ends on ${access.expires} and was not renewed; ${remedy}`];
}

/** Says what the peers get by what istiod needs: nobody may learn it too late. */
export function readerWarnings({ cluster, peers }: Pick<StackConfig, "cluster" | "peers">): string[] {
  const readers = Object.keys(peers);
  if (readers.length === 0) return [];
  return [
    `The istiods of ${readers.join(", ")} may read all Services, Pods and Secrets of ${cluster.name}, the key of its certificate ` +
      "authority and its credentials for other clusters among them: this version of istiod does not work without " +
      "(singleMesh.allowPeersToReadSecrets, docs/single-mesh.md)",
  ];
}

/**
 * Says what a peer keeps that an update takes its access from.
 * @param readers the peers that had a credential for this cluster.
 */
export function removedPeerWarnings(
  { cluster, peers }: Pick<StackConfig, "cluster" | "peers">,
  readers: readonly string[],
): string[] {
  return readers
    .filter((peer) => !Object.hasOwn(peers, peer))
    .map(
      (peer) =>
        `Peer ${peer} loses its access with this update, and keeps what it has read of ${cluster.name}'s Secrets. If it is to be distrusted, ` +
        "have the clusters that this one reads renew its credentials, rotate the root with its intermediate, and replace what else was there (docs/single-mesh.md)",
    );
}

/** Says how far the gateway is open. */
export function openGatewayNotes({ cluster }: Pick<StackConfig, "cluster">): string[] {
  return [
    `The gateway is open for every Service of ${cluster.name} (*.svc.${cluster.domain}), as any of them may have endpoints that other ` +
      "clusters' workloads are sent to; in a federation it is open for exported Services only. AuthorizationPolicies say who may call what",
  ];
}
