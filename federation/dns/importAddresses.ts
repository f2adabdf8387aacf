import * as z from "zod";
import { count } from "../change.ts";
import type { StackConfig } from "../config.ts";
import { type Fault, FaultsError } from "../fault.ts";
import { compare, ownValue, sortedRecord } from "../order.ts";
import type { PeerView } from "../peers/peer.ts";
import { faultsOf } from "../schema.ts";
import { type AddressRange, parseRange } from "./addressRange.ts";
import { allotAddresses, roomIn } from "./allotAddresses.ts";
import { templateZone } from "./zones.ts";

/** The addresses of imported names as a stack publishes them for its own next run: by peer, then by name, sorted. */
export type ImportAddresses = Record<string, Record<string, string>>;

const published: z.ZodType<ImportAddresses> = z.record(z.string(), z.record(z.string(), z.string()));

/** What is registered of the peers, with addresses. */
export interface AddressedPeers {
  peers: Record<string, PeerView>;
  /** Left out where the config asks for none. */
  addresses?: ImportAddresses;
  faults: Fault[];
}

/**
 * Gives the peers' services addresses, where the config asks for it: see {@link allotAddresses}. Names of a pending peer keep theirs, as
 * its entries stay, but for those that another peer has now.
 * @param last what the last update published, unchecked; undefined or null before the first one.
 * @throws FaultsError when that cannot be read.
 */
export function addressPeers(
  peers: Record<string, PeerView>,
  { dns }: Pick<StackConfig, "dns">,
  last: unknown,
): AddressedPeers {
  if (dns?.addresses === undefined) return { peers, faults: [] };
  const known = readAddresses(last);
  const names = namesByPeer(peers, known);
  const range = parseRange(dns.addresses);
  const hosts = names.flatMap(([, own]) => own);
  if (hosts.length > roomIn(range)) return { peers, faults: [tooMany(dns.addresses, hosts.length, range)] };
  const before = Object.fromEntries(Object.values(known).flatMap((each) => Object.entries(each)));
  const addresses = allotAddresses(hosts, range, before);
  return {
    peers: Object.fromEntries(
      Object.entries(peers).map(([peer, view]) => [peer, addressed(view, addresses)]),
    ),
    addresses: Object.fromEntries(
      names.map(([peer, own]) => [
        peer,
        sortedRecord(own.map((host) => [host, addresses[host] ?? ""] as const)),
      ]),
    ),
    faults: [],
  };
}

/**
 * Domains that peers' names are in, for {@link zonesOf}: the peers' own ones, and what names by config have in common.
 * @param config of the peers.
 */
export function domainsOf(peers: Readonly<Record<string, PeerView>>, config: StackConfig["peers"]): string[] {
  const own = Object.values(peers).flatMap((view) => {
    const {
      clusterDomain,
      meshDomain,
      domains = [],
    } = (view.state === "ready" ? view.imports.contract : view.pinned) ?? {};
    return [clusterDomain, meshDomain, ...domains].filter((domain) => domain !== undefined);
  });
  const given = Object.values(config).flatMap(({ imports = [] }) => imports.flatMap((rule) => rule.as ?? []));
  return [...own, ...given.map(templateZone)];
}

function readAddresses(output: unknown): ImportAddresses {
  const { data, error } = published.safeParse(output ?? {});
  if (error !== undefined)
    throw new FaultsError("last import addresses of this stack", faultsOf(error, output));
  return data;
}

/** The names registered with each peer, sorted by peer. */
function namesByPeer(
  peers: Readonly<Record<string, PeerView>>,
  known: ImportAddresses,
): [peer: string, names: string[]][] {
  const sorted = Object.entries(peers).sort(([one], [other]) => compare(one, other));
  const ready = new Set(
    sorted.flatMap(([, view]) => (view.state === "ready" ? Object.keys(view.imports.services) : [])),
  );
  return sorted.map(([peer, view]) => {
    if (view.state === "ready") return [peer, Object.keys(view.imports.services)];
    return [peer, Object.keys(ownValue(known, peer) ?? {}).filter((host) => !ready.has(host))];
  });
}

function addressed(view: PeerView, addresses: Readonly<Record<string, string>>): PeerView {
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
