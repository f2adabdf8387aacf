import { isIP } from "node:net";
import * as z from "zod";
import type { StackConfig } from "../config/stackConfig.ts";
import type { Contract } from "../contract/contract.ts";
import type { GatewayAddress } from "../core/address.ts";
import { type Fault, describeFault } from "../core/fault.ts";
import { mapRecord, ownValue } from "../core/order.ts";
import { boundedLines, count, utc } from "../core/text.ts";
import type { LastRun } from "../lastRun.ts";
import type { Import } from "./import.ts";
import type { PinnedPeer } from "../trust/pinnedPeer.ts";

/** Schema of {@link PeerStatus}. */
export const peerStatus = z.object({
  state: z.enum(["ready", "pending"]),
  /** Why it is pending; empty when ready. */
  reason: z.string(),
  /** Start of its pending state, in UTC as `2026-11-21T10:28:15Z`; empty when ready. */
  since: z.string().default(""),
  /** Number of its services that are registered here. */
  imported: z.number(),
});

/** One peer in the stack output `peers`. */
export type PeerStatus = z.output<typeof peerStatus>;

/**
 * Outputs of a peer's stack, not yet validated: `federation`, or the reason why there is none; `trustAnchors`, undefined when it cannot be
 * read; and `access`, which is secret.
 */
export type ContractReading = ({ contract: unknown } | { pending: string }) & {
  trustAnchors?: unknown;
  access?: unknown;
};

/** A peer of a federation, and what is registered here of it. */
export interface Registration {
  peer: string;
  /** Pending: its contract is not there yet, or no more, or offers nothing any more; what was registered before stays. */
  state: "ready" | "pending";
  /** Why it is pending, and what to do, in a sentence; empty when ready. */
  reason: string;
  /** Start of its pending state, in UTC as `2026-11-21T10:28:15Z`; empty when ready. */
  since: string;
  /** Empty for a pending peer without any: the last ones are kept. */
  gateways: GatewayAddress[];
  /** By the host name here, sorted; empty while pending. */
  services: Record<string, Import>;
  /** Services of the peer that are not registered, and why. */
  refused: Fault[];
  /** Undefined while the peer publishes none. */
  contract: Contract | undefined;
  /** Identity that is trusted, also while the peer is pending; undefined of a peer that was never seen. */
  pinned: PinnedPeer | undefined;
}

/** Returns the contracts of the peers that have published one, by the peer's name. */
export function published(readings: Readonly<Record<string, ContractReading>>): Record<string, unknown> {
  return mapRecord(readings, (reading) => ("contract" in reading ? reading.contract : undefined));
}

/** Start of a peer's pending state: that in the last update's status, or now. */
export function pendingSince(peer: string, { statuses }: Pick<LastRun, "statuses">, now: Date): string {
  const known = ownValue(statuses, peer);
  return known?.state === "pending" && known.since !== "" ? known.since : utc(now);
}

/** Services that may be visible everywhere without a warning: a sidecar needs some 100 KB for each. */
const UNREMARKABLE = 100;

/** Warnings about a peer: why it is pending, its skipped services, and services that every sidecar has. */
export function registrationWarnings(
  { peer, state, reason, since, gateways, services, refused }: Registration,
  { peers }: Pick<StackConfig, "peers">,
  last: PeerStatus | undefined,
): string[] {
  if (state === "pending") {
    const from = last?.since === since ? ` since ${since}` : "";
    const imported = last?.imported ?? 0;
    const kept = imported === 0 ? "" : `. Imports from it are kept (${count(imported)} service(s))`;
    return [`Peer ${peer} is pending${from}: ${reason}${kept}`];
  }
  const warnings: string[] = [];
  const seenByAll = Object.values(services).filter(({ exportTo }) => exportTo.length === 0).length;
  if (peers[peer]?.exportTo === undefined && seenByAll > UNREMARKABLE)
    warnings.push(
      `The ${count(seenByAll)} services of peer ${peer} are visible in all namespaces, and every sidecar pays some 100 KB ` +
        `of memory for each: name the namespaces that call them in peers.${peer}.exportTo (['*'] if all do)`,
    );
  const skipped = boundedLines(
    refused,
    (fault) => `Skipped: ${describeFault(fault)}`,
    (more) => `Skipped of peer ${peer}'s exports: ${count(more)} more, for similar reasons`,
  );
  return [...warnings, ...skipped, ...warnOfFamilies(peer, gateways)];
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
