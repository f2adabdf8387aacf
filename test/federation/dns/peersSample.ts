import { parseConfig } from "../../../federation/config.ts";
import { type ContractReading, type PeerView } from "../../../federation/peers/peer.ts";
import { viewPeers } from "../../../federation/peers/peers.ts";
import type { PinnedPeer } from "../../../federation/peers/pinnedPeer.ts";
import { KUBECONFIG, LOCAL_CLUSTER, barService, contractOf } from "../samples.ts";

/** A stack's config with CoreDNS for one peer, of which it says this. */
export function configWith(peer: object = {}): ReturnType<typeof parseConfig> {
  const peers = { "cluster-b": { stack: "b", ...peer } };
  const dns = { coreDns: {} };
  return parseConfig({ cluster: LOCAL_CLUSTER, kubeconfig: KUBECONFIG, dns, peers }, "cluster-a");
}

/** What is found of the peer when it publishes these names. */
export function viewOf(
  config: ReturnType<typeof parseConfig>,
  hosts: readonly string[],
  contract: object = {},
  pinned: Record<string, PinnedPeer> = {},
): Record<string, PeerView> {
  const services = Object.fromEntries(hosts.map((host) => [host, barService]));
  const reading: ContractReading =
    hosts.length === 0
      ? { pending: "its stack is away" }
      : { contract: contractOf({ ...contract, services }) };
  const last = { pinned, statuses: {} };
  return viewPeers(config, { "cluster-b": reading }, last, new Date("2026-11-21T10:28:15Z")).peers;
}
