import { ownValue } from "../order.ts";
import type { LastPeers } from "../peers/peer.ts";
import type { PeerAccess } from "./peerAccess.ts";
import type { PinnedPeer } from "../peers/pinnedPeer.ts";
import { utc } from "../utc.ts";

/** A peer in a single mesh, as this run of the program found it. */
export type MeshPeer = JoinedPeer | AwaitedPeer;

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
  access?: PeerAccess;
  pinned?: PinnedPeer;
}

/** What this stack's last update published of its peers, by name. */
export interface LastMesh extends LastPeers {
  /** By which istiod reads them; secret. */
  joined: Record<string, PeerAccess>;
  /** Its own certificate authority, as far as peers are told of it. */
  authority: { roots: readonly string[] };
}

/** Since when a peer is pending that is so now. */
export function pendingSince(peer: string, { statuses }: Pick<LastMesh, "statuses">, now: Date): string {
  const known = ownValue(statuses, peer);
  return known?.state === "pending" && known.since !== "" ? known.since : utc(now);
}
