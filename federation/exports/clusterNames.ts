import type { StackConfig } from "../config.ts";
import { DNS_LABEL } from "../hostname.ts";
import { ownValue, sortedRecord } from "../order.ts";
import type { ContractReading } from "../peers/peer.ts";
import type { PinnedPeer } from "../peers/pinnedPeer.ts";

/**
 * What each peer of the config calls itself, by its name in the config: by that name a contract names its importers. It is what the config
 * holds the peer to, else what it publishes, else what it is pinned to, else its name in the config. A contract that is not to be trusted
 * stops this run anyway.
 * @param readings by the peer's name; what they hold is unchecked.
 */
export function clusterNames(
  peers: StackConfig["peers"],
  readings: Readonly<Record<string, ContractReading>>,
  pinned: Readonly<Record<string, PinnedPeer>>,
): Record<string, string> {
  return sortedRecord(
    Object.entries(peers).map(([peer, { identity }]) => {
      const reading = ownValue(readings, peer);
      const published =
        reading !== undefined && "contract" in reading ? clusterIn(reading.contract) : undefined;
      return [peer, identity?.cluster ?? published ?? ownValue(pinned, peer)?.cluster ?? peer];
    }),
  );
}

function clusterIn(contract: unknown): string | undefined {
  if (typeof contract !== "object" || contract === null || !("cluster" in contract)) return undefined;
  const { cluster } = contract;
  return typeof cluster === "string" && DNS_LABEL.test(cluster) ? cluster : undefined;
}
