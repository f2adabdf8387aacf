import type { GatewayAddress } from "../address.ts";
import type { PeerImports } from "../imports/imports.ts";
import type { PeerStatus } from "./peerStatus.ts";
import type { PinnedPeer } from "./pinnedPeer.ts";

/**
 * What reading a peer's stack gave: its output `federation`, not yet checked, or why there is none; and whom it trusts by its output
 * `trustAnchors`, which is left out when it cannot be read or does not say; and whom it gives access to its API server by its output
 * `access`, which is secret.
 */
export type ContractReading = ({ contract: unknown } | { pending: string }) & {
  trustAnchors?: unknown;
  access?: unknown;
};

/** A peer as this run of the program found it. */
export type PeerView = ReadyPeer | PendingPeer;

/** A peer whose contract is there: its services are imported. */
export interface ReadyPeer {
  state: "ready";
  imports: PeerImports;
  pinned: PinnedPeer;
}

/** A peer whose contract is not there yet, or no more, or offers nothing any more: what was known of it stays. */
export interface PendingPeer {
  state: "pending";
  /** Why, and what to do, in a sentence for a person. */
  reason: string;
  /** Since when, in UTC as `2026-11-21T10:28:15Z`. */
  since: string;
  /** Its gateways as far as they are known now; empty: those known before. */
  gateways: GatewayAddress[];
  /** What was trusted when the peer was last seen: it stays, as its entries do. */
  pinned?: PinnedPeer;
}

/** What this stack's last update published of its peers, by name. */
export interface LastPeers {
  /** By whom each was trusted. A pending peer keeps its domains by it. */
  pinned: Record<string, PinnedPeer>;
  statuses: Record<string, PeerStatus>;
}

export function published(readings: Record<string, ContractReading>): Record<string, unknown> {
  const found = Object.entries(readings).flatMap(([name, reading]) =>
    "contract" in reading ? [[name, reading.contract] as const] : [],
  );
  return Object.fromEntries(found);
}
