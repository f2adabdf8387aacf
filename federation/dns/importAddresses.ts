import { count } from "../change.ts";
import type { StackConfig } from "../config.ts";
import type { Fault } from "../fault.ts";
import { compare, ownValue, sortedRecord } from "../order.ts";
import type { PeerView } from "../peers/peer.ts";
import { type AddressRange, indexOf, parseRange } from "./addressRange.ts";
import { allotAddresses, roomIn } from "./allotAddresses.ts";
import type { ImportAddresses } from "./clusterDns.ts";
import { addressesByHost } from "./publishedAddresses.ts";

/** What is registered of the peers, with addresses. */
export interface AddressedPeers {
  peers: Record<string, PeerView>;
  /** Those of the config's range, and those that pending peers' entries keep; left out where there are neither. */
  addresses?: ImportAddresses;
  faults: Fault[];
}

/**
 * Gives the peers' services addresses, where the config asks for it: see {@link allotAddresses}. Names of a pending peer keep theirs, as
 * its entries stay, whatever the config says now, but for those that another peer has.
 * @param known what the last update published.
 */
export function addressPeers(
  peers: Record<string, PeerView>,
  { dns }: Pick<StackConfig, "dns">,
  known: ImportAddresses,
): AddressedPeers {
  const kept = keptAddresses(peers, known);
  if (dns?.addresses === undefined) {
    const left = Object.entries(kept).filter(([, each]) => Object.keys(each).length > 0);
    return { peers, ...(left.length === 0 ? {} : { addresses: Object.fromEntries(left) }), faults: [] };
  }
  const range = parseRange(dns.addresses);
  const hosts = Object.values(peers).flatMap(namesOf);
  const held = Object.values(kept).flatMap((each) => Object.values(each));
  const needed = hosts.length + held.filter((address) => indexOf(range, address) !== undefined).length;
  if (needed > roomIn(range)) return { peers, faults: [tooMany(dns.addresses, needed, range)] };
  const given = allotAddresses(hosts, range, addressesByHost(known), held);
  const addressed = Object.entries(peers).map(([peer, view]) => [peer, withAddresses(view, given)] as const);
  const addresses = Object.entries(peers).map(([peer, view]) => {
    const own = namesOf(view).map((host) => [host, given[host] ?? ""] as const);
    return [peer, view.state === "pending" ? (ownValue(kept, peer) ?? {}) : sortedRecord(own)] as const;
  });
  return { peers: Object.fromEntries(addressed), addresses: sortedRecord(addresses), faults: [] };
}

/** What entries of pending peers have, by peer: names that a ready one has now are no more theirs. */
function keptAddresses(peers: Readonly<Record<string, PeerView>>, known: ImportAddresses): ImportAddresses {
  const ready = new Set(Object.values(peers).flatMap(namesOf));
  return sortedRecord(
    Object.entries(peers).flatMap(([peer, view]) => {
      if (view.state === "ready") return [];
      const own = Object.entries(ownValue(known, peer) ?? {}).filter(([host]) => !ready.has(host));
      return [[peer, sortedRecord(own)] as const];
    }),
  );
}

/** The names that are registered of a peer by this run. */
function namesOf(view: PeerView): string[] {
  return view.state === "ready" ? Object.keys(view.imports.services).sort(compare) : [];
}

function withAddresses(view: PeerView, addresses: Readonly<Record<string, string>>): PeerView {
  if (view.state === "pending") return view;
  const services = Object.fromEntries(
    Object.entries(view.imports.services).map(([host, service]) => {
      const virtualAddress = ownValue(addresses, host);
      return [host, virtualAddress === undefined ? service : { ...service, virtualAddress }];
    }),
  );
  return { ...view, imports: { ...view.imports, services } };
}

function tooMany(value: string, hosts: number, range: AddressRange): Fault {
  const rule = `has room for ${count(roomIn(range))} imported names, and there are ${count(hosts)}`;
  return { path: "dns.addresses", value, rule, remedy: "Choose a larger range, or import fewer" };
}
