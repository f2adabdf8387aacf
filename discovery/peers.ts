import type { PeerConfig } from "../federation/config/peers.ts";
import type { StackConfig } from "../federation/config/stackConfig.ts";
import { pathOf } from "../federation/core/fault.ts";
import { ownValue, sortedRecord } from "../federation/core/order.ts";
import { otherDeckhouseMarks } from "../federation/imports/deckhousePeers.ts";
import type { ContractReading } from "../federation/imports/registration.ts";
import { lastDeckhouse } from "../federation/lastRun.ts";
import type { Reading, Snapshot } from "../federation/snapshot.ts";
import { readPeerDocument } from "./contractDocuments.ts";
import { readDeckhousePeer } from "./deckhouseDocuments.ts";
import { readPeerStack } from "./stacks.ts";

/** Reads the contracts of all peers: from their stacks, documents or Deckhouse clusters. */
export async function readPeers(
  { peers }: StackConfig,
  outputs: Promise<Snapshot["outputs"]>,
): Promise<Snapshot["peers"]> {
  const readings = Object.entries(peers).map(
    async ([peer, settings]) => [peer, await readPeer(peer, peers, settings, outputs)] as const,
  );
  return sortedRecord(await Promise.all(readings));
}

async function readPeer(
  peer: string,
  peers: StackConfig["peers"],
  settings: PeerConfig,
  outputs: Promise<Snapshot["outputs"]>,
): Promise<Reading<ContractReading>> {
  const { stack, deckhouse } = settings;
  const path = pathOf("peers", peer);
  if (stack !== undefined) return readPeerStack(peer, stack);
  if (deckhouse === undefined) return readPeerDocument(settings, path);
  const own = await outputs;
  const last = lastDeckhouse("value" in own ? own.value : {});
  const known = {
    config: deckhouse,
    pinned: ownValue(last.pinned, peer)?.deckhouse,
    others: otherDeckhouseMarks(peer, peers, last),
  };
  return readDeckhousePeer(deckhouse, known, last.deckhouse, path);
}
