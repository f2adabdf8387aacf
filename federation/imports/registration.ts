import { isIP } from "node:net";
import * as z from "zod";
import type { StackConfig } from "../config/stackConfig.ts";
import type { GatewayAddress } from "../core/address.ts";
import { count } from "../core/change.ts";
import { describeFault } from "../core/fault.ts";
import { boundedLines } from "../core/text.ts";
import type { PeerImports } from "./contracts.ts";
import type { PinnedPeer } from "../trust/pinnedPeer.ts";

/** One peer in the stack output `peers`. */
export interface PeerStatus {
  state: "ready" | "pending";
  /** Why it is pending; empty when ready. */
  reason: string;
  /** Since when it is pending, in UTC as `2026-11-21T10:28:15Z`; empty when ready. */
  since: string;
  /** How many of its services are registered here. */
  imported: number;
}

/** Schema of {@link PeerStatus}. */
export const peerStatus: z.ZodType<PeerStatus> = z.object({
  state: z.enum(["ready", "pending"]),
  reason: z.string(),
  since: z.string().default(""),
  imported: z.number(),
});

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
  pinned: PinnedPeer | undefined;
}

/** Contracts of the peers that have published one, by the peer's name. */
export function published(readings: Readonly<Record<string, ContractReading>>): Record<string, unknown> {
  const found = Object.entries(readings).flatMap(([name, reading]) =>
    "contract" in reading ? [[name, reading.contract] as const] : [],
  );
  return Object.fromEntries(found);
}
/** So many services may be visible everywhere without a word: a sidecar needs some 100 KB for each. */
const UNREMARKABLE = 100;

/** What the user is to be told of a peer: why it is pending, what of it is left out, who pays for it. */
export function warningsOf(
  name: string,
  view: PeerView,
  { peers }: StackConfig,
  last: PeerStatus | undefined,
): string[] {
  if (view.state === "pending") {
    const since = last?.since === view.since ? ` since ${view.since}` : "";
    const imported = last?.imported ?? 0;
    const kept =
      imported === 0 ? "" : `. What was imported from it before stays (${count(imported)} service(s))`;
    return [`Peer ${name} is pending${since}: ${view.reason}${kept}`];
  }
  const { services, refused } = view.imports;
  const seenByAll = Object.values(services).filter(({ exportTo }) => exportTo === undefined).length;
  const everywhere =
    peers[name]?.exportTo === undefined && seenByAll > UNREMARKABLE
      ? [
          `The ${count(seenByAll)} services of peer ${name} are visible in all namespaces, and every sidecar pays some 100 KB ` +
            `of memory for each: name the namespaces that call them in peers.${name}.exportTo (['*'] if all do)`,
        ]
      : [];
  const leftOut = boundedLines(
    refused,
    (fault) => `Left out: ${describeFault(fault)}`,
    (more) => `Left out of what peer ${name} offers: ${count(more)} more, for reasons like these`,
  );
  return [...everywhere, ...leftOut, ...warnOfFamilies(name, view.imports.gateways)];
}

/** Envoy resolves all gateways of a service as soon as one is a name, and then leaves those of the other family than the Pod's out. */
function warnOfFamilies(peer: string, gateways: readonly GatewayAddress[]): string[] {
  const name = gateways.find(({ address }) => isIP(address) === 0);
  const sixth = gateways.find(({ address }) => isIP(address) === 6);
  if (name === undefined || sixth === undefined) return [];
  return [
    `Gateway ${sixth.address} of peer ${peer} is not called by Pods that have an IPv4 address, as its gateway ${name.address} is a host ` +
      "name: have the peer publish names only, or IP addresses only",
  ];
}
