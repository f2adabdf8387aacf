import { ENDPOINTS_LIMIT } from "../contract/contract.ts";
import type { GatewayAddress } from "../core/address.ts";
import type { Fault } from "../core/fault.ts";
import { isBelow } from "../core/names.ts";
import { compare, sortedRecord, sortedUnique } from "../core/order.ts";
import { type Claim, NameClashes, differences, goTheSameWay } from "./hostRegistry.ts";
import type { Choice, ChosenPeer } from "./importChoice.ts";
import type { ImportedService, ServingPeer } from "./importedService.ts";
import { ENTRY_LIMIT, entrySizes } from "./peerService.ts";
import type { PeerView, ReadyPeer } from "./registration.ts";
import { fitsEndpoints, sharedPort } from "./serviceEntry.ts";

/** Who serves which names. */
export interface SharedNames {
  /** What is left with each peer, sorted. */
  imports: ChosenPeer[];
  faults: Fault[];
  /** Of names that a peer has and does not serve, though no rule says so. */
  warnings: Fault[];
}

/**
 * Settles who serves the names that several peers have here: those whose rules give it the highest priority. Several of them serve it together:
 * it is registered with the first of them by name, with the gateways of all and the identities of all. That takes that callers ask all gateways
 * for the same name, and that it is the same service in all else: the ports, who sees it, when gateways pause. A peer without
 * a gateway serves nothing.
 *
 * Where the gateways of some open its calls, and those of others pass them on, callers cannot ask both: those that do as the first does serve it,
 * and a warning names the others, so that each peer can change from one to the other when it likes.
 * @param choices of all peers, in any order.
 * @returns what is left with each peer, sorted, and a fault for each two peers and each other thing in which they differ.
 */
export function shareNames(choices: readonly Choice[]): SharedNames {
  const sorted = [...choices].sort((one, other) => compare(one.imports.peer, other.imports.peer));
  const clashes = new NameClashes();
  const asides = new NameClashes();
  const left = new Map(
    sorted.map(({ imports: { peer, services } }) => [peer, new Map(Object.entries(services))]),
  );
  for (const [name, all] of claimsOf(sorted)) {
    const [owner, ...others] = preferred(name, all);
    if (all.length < 2 || owner === undefined) continue;
    for (const { choice } of all) if (choice !== owner.choice) left.get(choice.imports.peer)?.delete(name);
    const serving = [owner];
    for (const other of others) {
      const differing = differences(name, [owner, other]);
      for (const [what, difference] of differing) clashes.note(name, [owner, other], what, difference);
      if (differing.length > 0 || goTheSameWay(owner, other)) serving.push(other);
      else asides.note(name, [owner, other], "way", otherWay(owner));
    }
    if (serving.length === 1) continue;
    left.get(owner.choice.imports.peer)?.set(name, together(name, serving));
    noteSize(clashes, name, serving, together(name, serving));
  }
  const imports = sorted.map(({ imports: found }): ChosenPeer => {
    const services = left.get(found.peer) ?? new Map<string, ImportedService>();
    const elsewhere = Object.keys(found.services).length - services.size;
    const isSame =
      elsewhere === 0 && Object.entries(found.services).every(([name, each]) => services.get(name) === each);
    return isSame
      ? found
      : { ...found, services: sortedRecord(services), ...(elsewhere === 0 ? {} : { elsewhere }) };
  });
  return { imports, faults: clashes.faults, warnings: asides.faults };
}

function otherWay({ choice: { imports }, service: { terminated } }: Claim): string {
  const ways = terminated ? ["opens", "passes them on"] : ["passes on", "opens them"];
  return `go another way: the gateway of ${imports.peer} ${ways[0]} calls, the other ${ways[1]}, so only ${imports.peer} serves them`;
}

/** Those who have each name, by name. */
function claimsOf(choices: readonly Choice[]): Map<string, Claim[]> {
  const claims = new Map<string, Claim[]>();
  for (const choice of choices) {
    if (choice.imports.gateways.length === 0) continue;
    for (const [name, service] of Object.entries(choice.imports.services)) {
      const known = claims.get(name);
      if (known === undefined) claims.set(name, [{ choice, service }]);
      else known.push({ choice, service });
    }
  }
  return claims;
}

function preferred(name: string, claims: readonly Claim[]): Claim[] {
  const priority = ({ choice }: Claim): number => choice.rules.get(name)?.priority ?? 0;
  const highest = Math.max(...claims.map(priority));
  return claims.filter((claim) => priority(claim) === highest);
}

function together(name: string, serving: readonly Claim[]): ImportedService {
  const [first] = serving;
  const { ports, remoteHost, terminated, exportTo, outlierDetection } = first?.service ?? { ports: [] };
  const servedBy = serving.map(({ choice }): ServingPeer => {
    const weight = choice.rules.get(name)?.weight;
    return { peer: choice.imports.peer, ...(weight === undefined ? {} : { weight }) };
  });
  return {
    ports,
    subjectAltNames: sortedUnique(serving.flatMap(({ service }) => service.subjectAltNames)),
    ...(remoteHost === undefined ? {} : { remoteHost }),
    ...(terminated === undefined ? {} : { terminated }),
    servedBy,
    ...(exportTo === undefined ? {} : { exportTo }),
    ...(outlierDetection === undefined ? {} : { outlierDetection }),
  };
}

function noteSize(
  clashes: NameClashes,
  name: string,
  serving: readonly Claim[],
  service: ImportedService,
): void {
  const [first, second] = serving;
  if (first === undefined || second === undefined) return;
  const gateways = serving.flatMap(({ choice }): GatewayAddress[] => choice.imports.gateways);
  const fits = fitsEndpoints(service.ports) || sharedPort(gateways) !== undefined;
  const { servedBy, ...plain } = service;
  const weights = gateways.length * ',"weight":1000'.length + JSON.stringify(servedBy).length;
  if (
    gateways.length <= ENDPOINTS_LIMIT &&
    fits &&
    entrySizes(gateways)(name, plain) + weights <= ENTRY_LIMIT
  )
    return;
  clashes.note(
    name,
    [first, second],
    "size",
    "make too large an entry together, or one with more endpoints, or more ports of these, than it may name",
  );
}
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
