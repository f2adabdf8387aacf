import type { Fault } from "../core/fault.ts";
import { mapRecord, ownValue, sortedUnique } from "../core/order.ts";
import { type DeckhouseContract, toDeckhouseContract } from "../deckhouse/contract.ts";
import { readPublicDocument, validateDeckhousePin } from "../deckhouse/publicDocument.ts";
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
  const uuids = Object.entries(readings).flatMap(([peer, reading]) => {
    const document =
      "deckhouse" in reading ? readPublicDocument(reading.deckhouse.publicDocument) : undefined;
    return document !== undefined && "value" in document ? [[document.value.clusterUUID, peer] as const] : [];
  });
  const found: Record<string, DeckhousePeer> = {};
  const notes: string[] = [];
  const warnings: string[] = [];
  for (const [peer, each] of Object.entries(converted)) {
    if ("faults" in each) continue;
    const { clusterUUID, authnKeyPub } = each.publicDocument;
    const pinned = ownValue(lastRun.pinned, peer)?.deckhouse;
    const otherUUIDs = otherDeckhouseUUIDs(peer, lastRun);
    // Of two new peers with one UUID nothing shows who is right.
    const isPinned = pinned?.clusterUUID === clusterUUID;
    for (const [uuid, other] of uuids)
      if (other !== peer && !isPinned && !otherUUIDs.has(uuid)) otherUUIDs.set(uuid, ownerName(other));
    const pin = validateDeckhousePin(peer, each.publicDocument, {
      config: ownValue(peers, peer)?.deckhouse,
      pinned,
      otherUUIDs,
    });
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

/** Returns the UUIDs of this cluster and of all peers but one, each with its owner. */
export function otherDeckhouseUUIDs(
  peer: string,
  {
    deckhouse,
    pinned,
  }: { deckhouse: { clusterUUID: string } | undefined; pinned: Readonly<Record<string, PinnedPeer>> },
): Map<string, string> {
  const peers = Object.entries(pinned).flatMap(([name, each]) =>
    name === peer || each.deckhouse === undefined
      ? []
      : [[each.deckhouse.clusterUUID, ownerName(name)] as const],
  );
  return new Map([
    ...(deckhouse === undefined ? [] : [[deckhouse.clusterUUID, "this cluster"] as const]),
    ...peers,
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
