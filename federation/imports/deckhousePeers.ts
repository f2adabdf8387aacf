import type { PeerConfig } from "../config/peers.ts";
import type { Fault } from "../core/fault.ts";
import { mapRecord, ownValue, sortedUnique } from "../core/order.ts";
import { type DeckhouseContract, toDeckhouseContract } from "../deckhouse/contract.ts";
import { ownMarks, readPublicDocument, validateDeckhousePin } from "../deckhouse/publicDocument.ts";
import type { PlanContext } from "../plan.ts";
import type { DeckhousePin, PinnedPeer } from "../trust/pinnedPeer.ts";
import { type PeerImports, ofPeer } from "./contracts.ts";
import { ownerName } from "./claims.ts";

/** A peer that is a Deckhouse cluster, by its documents. */
export interface DeckhousePeer extends DeckhouseContract {
  /** UUID and key to pin. */
  pin: DeckhousePin;
  /** A UUID or key that is not accepted; paths in the public document. */
  pinFaults: Fault[];
}

/** Deckhouse clusters among the peers, by the peer's name. */
export interface DeckhousePeers {
  found: Record<string, DeckhousePeer>;
  /** Faults of the documents of the others. */
  faults: Record<string, readonly Fault[]>;
  notes: string[];
  warnings: string[];
}

/**
 * Converts the documents of the peers that are Deckhouse clusters. Unsigned documents are taken of these alone: those of a peer with
 * another transport are a fault.
 */
export function planDeckhousePeers({
  config: { peers },
  lastRun,
  peers: readings,
}: Pick<PlanContext, "config" | "lastRun" | "peers">): DeckhousePeers {
  const converted = mapRecord(readings, (reading, peer) => {
    if (!("deckhouse" in reading)) return undefined;
    const settings = ownValue(peers, peer);
    return settings?.deckhouse === undefined
      ? { faults: [NOT_EXPECTED] }
      : toDeckhouseContract(peer, reading.deckhouse, settings);
  });
  const published = Object.entries(readings).flatMap(([peer, reading]) => {
    const document =
      "deckhouse" in reading ? readPublicDocument(reading.deckhouse.publicDocument) : undefined;
    if (document === undefined || "faults" in document) return [];
    return ownMarks(document.value).map((mark) => [mark, peer] as const);
  });
  const found: Record<string, DeckhousePeer> = {};
  const notes: string[] = [];
  const warnings: string[] = [];
  for (const [peer, each] of Object.entries(converted)) {
    if ("faults" in each) continue;
    const { clusterUUID, authnKeyPub } = each.publicDocument;
    const pinned = ownValue(lastRun.pinned, peer)?.deckhouse;
    const settings = ownValue(peers, peer)?.deckhouse;
    const others = otherDeckhouseMarks(peer, peers, lastRun);
    // Nothing but the config shows which one of two new peers with one UUID or key is right.
    const known = [...(pinned ? ownMarks(pinned) : []), settings?.clusterUUID, settings?.authnKey];
    for (const [mark, other] of published)
      if (other !== peer && !known.includes(mark) && !others.has(mark)) others.set(mark, ownerName(other));
    const pin = validateDeckhousePin(peer, each.publicDocument, { config: settings, pinned, others });
    found[peer] = { ...each, pin: { clusterUUID, authnKeyPub }, pinFaults: pin.faults };
    notes.push(...pin.notes);
    if (pinned === undefined && pin.faults.length === 0) warnings.push(unsignedWarning(peer));
  }
  return {
    found,
    faults: mapRecord(converted, (each) => ("faults" in each ? each.faults : undefined)),
    notes,
    warnings,
  };
}

/**
 * Returns the UUID of this cluster, and the UUIDs and keys (SHA-256) of all peers but one, each with its owner. What the config names for
 * another peer is not that one's where it is pinned with this peer.
 * @param peers those of the config: a former name of a peer is none.
 */
export function otherDeckhouseMarks(
  peer: string,
  peers: Readonly<Record<string, Pick<PeerConfig, "deckhouse">>>,
  {
    deckhouse,
    pinned,
  }: { deckhouse: { clusterUUID: string } | undefined; pinned: Readonly<Record<string, PinnedPeer>> },
): Map<string, string> {
  const pinnedMarks = (name: string): string[] => {
    const pin = ownValue(pinned, name)?.deckhouse;
    return pin === undefined ? [] : ownMarks(pin);
  };
  const others = Object.entries(peers).filter(([name]) => name !== peer);
  const own = pinnedMarks(peer);
  const named = others.flatMap(([name, { deckhouse: settings }]) =>
    [settings?.clusterUUID, settings?.authnKey].flatMap((mark) =>
      mark === undefined || own.includes(mark) ? [] : [[mark, ownerName(name)] as const],
    ),
  );
  return new Map([
    ...(deckhouse === undefined ? [] : [[deckhouse.clusterUUID, "this cluster"] as const]),
    ...named,
    ...others.flatMap(([name]) => pinnedMarks(name).map((mark) => [mark, ownerName(name)] as const)),
  ]);
}

/** Adds the services that were not converted to those of a peer that are not imported. */
export function withSkippedServices(
  found: PeerImports,
  { skipped, skippedHosts }: DeckhousePeer,
  sources: Readonly<Record<string, string>>,
): PeerImports {
  const { peer } = found;
  return {
    ...found,
    refused: [...found.refused, ...skipped.map((fault) => ofPeer(peer, fault, { sources }))],
    refusedHosts: sortedUnique([...found.refusedHosts, ...skippedHosts]),
  };
}

const NOT_EXPECTED: Fault = {
  path: "signature",
  rule: "is missing: these are the documents of a Deckhouse cluster, and the config names another transport",
  remedy:
    "Name the cluster's metadataEndpoint in the peer's deckhouse, or have the peer publish a signed contract",
};

function unsignedWarning(peer: string): string {
  return (
    `Peer ${peer} is a Deckhouse cluster, whose documents are not signed: whoever has a certificate for the host of its metadataEndpoint ` +
    `that is trusted here decides what is imported, through which gateways. Its UUID, key and root are pinned now: compare them with what ` +
    `its team tells you by another way (docs/deckhouse.md)`
  );
}
