import { count, someOf } from "../change.ts";
import { compare, ownValue } from "../order.ts";
import type { PeerView } from "../peers/peer.ts";
import type { PeerStatus } from "../peers/peerStatus.ts";
import type { ImportAddresses } from "./clusterDns.ts";
import { addressesByHost } from "./publishedAddresses.ts";

/**
 * Says that services get another address than they had, by the config's range or by istiod: what is connected to the old one is not for long.
 * @param peers what is registered of each.
 * @param known addresses of the last update.
 * @param now those of this one; undefined where the config asks for none.
 * @param statuses of the peers, by the last update.
 */
export function warnOfMoves(
  peers: Readonly<Record<string, PeerView>>,
  known: ImportAddresses,
  now: ImportAddresses | undefined,
  statuses: Readonly<Record<string, PeerStatus>>,
): string[] {
  const before = new Map(Object.entries(addressesByHost(known)));
  const moved: string[] = [];
  let unnamed = 0;
  for (const [peer, view] of Object.entries(peers)) {
    if (view.state === "pending") continue;
    const given = ownValue(now ?? {}, peer) ?? {};
    // Before there were addresses, nothing told which names there were.
    if (now !== undefined && ownValue(known, peer) === undefined)
      unnamed += ownValue(statuses, peer)?.imported ?? 0;
    for (const host of Object.keys(view.imports.services))
      if (before.has(host) && before.get(host) !== ownValue(given, host)) moved.push(host);
  }
  const total = moved.length + unnamed;
  if (total === 0) return [];
  const named = unnamed > 0 ? "" : ` (${someOf(moved.sort(compare))})`;
  return [
    `Changes the address of ${count(total)} imported service(s)${named}: open TCP and TLS connections to them end when the proxies have drained them (45 s), ` +
      "also those of clients with Istio's DNS proxy, and an old answer of CoreDNS leads nowhere until it is asked again (some two minutes)",
  ];
}
