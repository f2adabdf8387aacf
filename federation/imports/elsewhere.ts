import type { GatewayAddress } from "../address.ts";
import { isBelow } from "../hostname.ts";
import { sortedRecord, sortedUnique } from "../order.ts";
import type { PeerView, ReadyPeer } from "../peers/peer.ts";

/** What the registration of one peer's services must know of the others. */
export interface Elsewhere {
  /** Gateways of others that serve names of this one too, by peer; left out where none does. */
  otherGateways?: Record<string, GatewayAddress[]>;
  /** The other peers, those of before among them, sorted. */
  siblings: string[];
  /** Names registered with others that could be this one's at another time: those outside the domains of their own. Sorted. */
  names: string[];
}

/**
 * @param views of all peers, by name.
 * @param peer the one that is registered.
 * @param former peers of before, whose entries are there until the end of the update.
 */
export function elsewhereOf(
  views: Readonly<Record<string, PeerView>>,
  peer: string,
  former: readonly string[] = [],
): Elsewhere {
  const others = Object.entries(views).filter(([name]) => name !== peer);
  const ready = others.flatMap(([name, view]) => (view.state === "ready" ? [[name, view] as const] : []));
  const view = views[peer];
  const serving = new Set(
    view?.state === "ready"
      ? Object.values(view.imports.services).flatMap(({ servedBy = [] }) => servedBy.map((each) => each.peer))
      : [],
  );
  const gateways = ready.flatMap(([name, { imports }]) =>
    serving.has(name) ? [[name, imports.gateways] as const] : [],
  );
  return {
    ...(gateways.length === 0 ? {} : { otherGateways: sortedRecord(gateways) }),
    siblings: sortedUnique([...others.map(([name]) => name), ...former]),
    names: sortedUnique(ready.flatMap(([, other]) => movable(other))),
  };
}

/** Names in a peer's cluster domain or mesh domain stay with it; a further domain may be another's one day. */
function movable({ imports: { contract, services } }: ReadyPeer): string[] {
  const { clusterDomain, meshDomain } = contract;
  const own = [clusterDomain, ...(meshDomain === undefined ? [] : [meshDomain])];
  return Object.keys(services).filter((name) => own.every((domain) => !isBelow(name, domain)));
}
