import type { StackConfig } from "../config/stackConfig.ts";
import { ownValue } from "../core/order.ts";
import { stateSince } from "../imports/registration.ts";
import type { LastRun } from "../lastRun.ts";
import { type PeerAccess, hasExpired, isCredentialLate } from "./credential.ts";
import type { PinnedPeer } from "../trust/pinnedPeer.ts";

/** State of a peer in a single mesh. */
export type MeshPeerState = JoinedPeer | AwaitedPeer;

/** A peer whose API server this cluster's istiod reads. */
export interface JoinedPeer {
  state: "ready";
  access: PeerAccess;
  pinned: PinnedPeer;
}

/** A peer that has given this cluster no access yet, or does not exist; or one whose contract or access cannot be trusted. */
export interface AwaitedPeer {
  state: "pending" | "refused";
  /** Reason and remedy, one sentence. */
  reason: string;
  /** Start of this state, in UTC as `2026-11-21T10:28:15Z`. */
  since: string;
  /** Access of the last update, which istiod keeps; undefined without one, or once the peer's stack is destroyed. */
  access: PeerAccess | undefined;
  pinned: PinnedPeer | undefined;
}

/** Failure of a request to an API server with a peer's credential. */
export interface AccessFailure {
  /** HTTP status; undefined without an answer. */
  status: number | undefined;
  cause: string;
  /** Whether there was no answer, or one of another server. */
  unreachable: boolean;
  /** Whether the request may succeed later, or from another place. */
  passing: boolean;
}

/** Reason why a peer's API server refuses this cluster, and the remedy. */
export interface Refusal {
  /** Completes "its API server ...". */
  rule: string;
  /** In the imperative, starting in lower case. */
  remedy: string;
}

/** Returns the state of a peer whose API server refuses its own credential: trusted as before, with the last access. */
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
    since: stateSince(peer, "pending", last, now),
    access: ownValue(last.joined, peer),
    pinned,
  };
}

/** Warnings about a pending peer, or a credential near its end. @param stack of the peer. */
export function meshPeerWarnings(peer: string, view: MeshPeerState, stack: string, now: Date): string[] {
  if (view.state !== "ready") {
    if (view.state === "refused") return [];
    const kept = view.access === undefined ? "" : ". istiod keeps its last access";
    return [`Peer ${peer} is pending: ${view.reason}${kept}`];
  }
  const { access } = view;
  if (!isCredentialLate(access, now)) return [];
  const remedy = `have its team run \`pulumi up\` on stack ${stack}, then run it here`;
  return hasExpired(access, now)
    ? [
        `This cluster's credential for peer ${peer} expired on ${access.expires}: istiod sees no changes of it; ${remedy}`,
      ]
    : [
        `This cluster's credential for peer ${peer} expires on ${access.expires} and was not renewed; ${remedy}`,
      ];
}

/** Warnings about the Secrets that peers' istiods may read. */
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
 * Warnings about peers that lose their access with this update, and keep the Secrets that they have read.
 * @param readers peers that had a credential for this cluster.
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

/** Note that the gateway accepts calls for every Service of the cluster. */
export function openGatewayNotes({ cluster }: Pick<StackConfig, "cluster">): string[] {
  return [
    `The gateway is open for every Service of ${cluster.name} (*.svc.${cluster.domain}), as any of them may have endpoints that other ` +
      "clusters' workloads are sent to; in a federation it is open for exported Services only. Restrict callers by AuthorizationPolicies",
  ];
}
