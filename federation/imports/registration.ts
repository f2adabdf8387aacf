import { isIP } from "node:net";
import * as z from "zod";
import type { PeerConfig } from "../config/peers.ts";
import type { StackConfig } from "../config/stackConfig.ts";
import type { Contract } from "../contract/contract.ts";
import type { SignatureReading, ValidSignature } from "../contract/signature.ts";
import type { GatewayAddress } from "../core/address.ts";
import type { DeckhouseDocuments } from "../deckhouse/contract.ts";
import { type Fault, describeFault, describeFaults } from "../core/fault.ts";
import { PEER_LABEL } from "../core/labels.ts";
import { mapRecord, ownValue } from "../core/order.ts";
import type { StackKind } from "../core/stackKind.ts";
import { boundedLines, count, utc } from "../core/text.ts";
import { IMPORT_NAMESPACE } from "../core/wellKnown.ts";
import type { LastRun } from "../lastRun.ts";
import type { Import } from "./import.ts";
import type { PinnedPeer } from "../trust/pinnedPeer.ts";

/**
 * Pending: the contract is not there yet, or no more, or offers nothing any more. Refused: the contract cannot be read or trusted. What
 * was registered before stays in both. Held: the brake keeps all services registered before, as the contract removes too many of them.
 */
const PEER_STATES = ["ready", "pending", "refused", "held"] as const;

/** Schema of {@link PeerStatus}. */
export const peerStatus = z.object({
  state: z.enum(PEER_STATES),
  /** Why it is not ready; empty when ready. */
  reason: z.string(),
  /** Start of that state, in UTC as `2026-11-21T10:28:15Z`; empty when ready. */
  since: z.string().default(""),
  /** Number of its services that are registered here. */
  imported: z.number(),
});

/** One peer in the stack output `peers`. */
export type PeerStatus = z.output<typeof peerStatus>;

/** A contract, not yet validated, and whether it is what its signer signed. */
export interface PublishedContract {
  contract: unknown;
  signature: SignatureReading;
}

/** Unsigned documents, which are taken of a peer alone whose config says that it is a Deckhouse cluster. */
export interface DeckhouseReading {
  deckhouse: DeckhouseDocuments;
}

/**
 * Outputs of a peer's stack, not yet validated: `federation`, or the reason why there is none, or the faults by which it cannot be read;
 * `trustAnchors`, undefined when it cannot be read; and `access`, which is secret.
 */
export type ContractReading = (
  PublishedContract | DeckhouseReading | { pending: string } | { unread: readonly Fault[] }
) & {
  trustAnchors?: unknown;
  access?: unknown;
  /** Kind of the peer's stack; undefined of another source. */
  kind?: StackKind | undefined;
};

/** A peer of a federation, and what is registered here of it. */
export interface Registration {
  peer: string;
  /** Only the provider, which knows the services registered before, finds that the brake holds them. */
  state: Exclude<PeerStatus["state"], "held">;
  /** Why it is not ready, and what to do, in a sentence; empty when ready. */
  reason: string;
  /** Start of that state, in UTC as `2026-11-21T10:28:15Z`; empty when ready. */
  since: string;
  /** Start of state `held`, in the case that the brake holds its services. */
  heldSince: string;
  /** Empty for a pending peer without any: the last ones are kept. */
  gateways: GatewayAddress[];
  /** By the host name here, sorted; empty unless ready. */
  services: Record<string, Import>;
  /** Services of the peer that are not registered, and why. */
  refused: Fault[];
  /** Services that the peer offers and that are not valid, as published: what was registered of them before stays. */
  refusedHosts: string[];
  /** Hosts here on which services or peers do not agree, or that somebody else has: what is registered of these stays. */
  heldNames: readonly string[];
  /** Undefined while the peer publishes none that can be trusted. */
  contract: Contract | undefined;
  /** Identity that is trusted, also while the peer is not ready; undefined of a peer that was never seen. */
  pinned: PinnedPeer | undefined;
}

/** The part of a {@link Registration} that a contract fills, without one. */
export const NOTHING_OFFERED = {
  gateways: [],
  services: {},
  refused: [],
  refusedHosts: [],
  heldNames: [],
  contract: undefined,
} satisfies Partial<Registration>;

/** Contracts that the peers have published, by the peer's name. */
export interface Published {
  /** Contracts with a valid signature. */
  contracts: Record<string, unknown>;
  signatures: Record<string, ValidSignature>;
  /** Faults of all other signatures, with paths of the contract. */
  faults: Record<string, Fault>;
}

/** Sorts out the contracts that are what their signers signed: nothing of the others is looked at. */
export function published(readings: Readonly<Record<string, ContractReading>>): Published {
  const signatureOf = (reading: ContractReading) => ("contract" in reading ? reading.signature : undefined);
  const valid = (reading: ContractReading): ValidSignature | undefined => {
    const signature = signatureOf(reading);
    return signature === undefined || "fault" in signature ? undefined : signature;
  };
  return {
    contracts: mapRecord(readings, (reading) =>
      "contract" in reading && valid(reading) !== undefined ? reading.contract : undefined,
    ),
    signatures: mapRecord(readings, valid),
    faults: mapRecord(readings, (reading) => {
      const signature = signatureOf(reading);
      return signature !== undefined && "fault" in signature ? signature.fault : undefined;
    }),
  };
}

/** Formats the place of a peer's contract for messages; the query of an address may be secret. */
export function describeSource(
  peer: string,
  { stack, file, url, deckhouse }: Partial<PeerConfig> = {},
): string {
  if (deckhouse !== undefined) return deckhouse.metadataEndpoint;
  if (url !== undefined) return url.replace(/[?#].*/, "");
  return file === undefined ? `stack ${stack ?? peer}` : `file ${file}`;
}

/** Returns the faults of the peers that cannot be read, by the peer's name. */
export function unreadFaults(
  readings: Readonly<Record<string, ContractReading>>,
): Record<string, readonly Fault[]> {
  return mapRecord(readings, (reading) => ("unread" in reading ? reading.unread : undefined));
}

/** Start of a peer's state: that in the last update's status if it had it then, or now. */
export function stateSince(
  peer: string,
  state: PeerStatus["state"],
  { statuses }: Pick<LastRun, "statuses">,
  now: Date,
): string {
  const known = ownValue(statuses, peer);
  return known?.state === state && known.since !== "" ? known.since : utc(now);
}

/**
 * Returns the status of a peer.
 * @param imported number of its services that are registered here.
 * @param braked why the brake keeps those registered before, as `brakes` words it; empty when it does not.
 */
export function statusOf(
  { state, reason, since, heldSince }: Pick<Registration, "state" | "reason" | "since" | "heldSince">,
  imported: number,
  braked: string,
): PeerStatus {
  if (state !== "ready" || braked === "") return { state, reason, since, imported };
  return { state: "held", reason: `it ${braked}`, since: heldSince, imported };
}

/** Services that may be visible everywhere without a warning: a sidecar needs some 100 KB for each. */
const UNREMARKABLE = 100;

/** Warnings about a peer: why it is pending, its skipped services, and services that every sidecar has. */
export function registrationWarnings(
  { peer, state, reason, since, gateways, services, refused }: Registration,
  { peers }: Pick<StackConfig, "peers">,
  last: PeerStatus | undefined,
): string[] {
  if (state === "refused") return [];
  if (state === "pending") return [`Peer ${peer} is pending${from(since, last)}: ${reason}${kept(last)}`];
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

/**
 * Formats the error about a peer whose contract cannot be read or trusted.
 * @param faults of its contract as a whole.
 */
export function refusalError(
  { peer, since }: Pick<Registration, "peer" | "since">,
  faults: readonly Fault[],
  last: PeerStatus | undefined,
): string {
  const lines = describeFaults(faults, "faults of that contract").map((line) => `\n  - ${line}`);
  return (
    `Peer ${peer} is refused${from(since, last)}, as its contract cannot be read or trusted${kept(last)}. ` +
    `Nothing of the contract is taken until that is settled, or the peer removed (peers.${peer}.required makes it stop the run):${lines.join("")}`
  );
}

/** Notes that a peer is not in the config any more, and how many services go with it. */
export function removalNote(peer: string, imported: number): string {
  const list = `kubectl -n ${IMPORT_NAMESPACE} get serviceentries -l ${PEER_LABEL}=${peer}`;
  return (
    `peer ${peer} is not in the config any more: this update removes its ${count(imported)} service(s)` +
    `${imported === 0 ? "" : ` (\`${list}\` lists them)`} and its trust anchors; the brake does not apply`
  );
}

function from(since: string, last: PeerStatus | undefined): string {
  return last?.since === since ? ` since ${since}` : "";
}

function kept(last: PeerStatus | undefined): string {
  const imported = last?.imported ?? 0;
  return imported === 0 ? "" : `. Imports from it are kept (${count(imported)} service(s))`;
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
