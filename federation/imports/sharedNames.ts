import type { GatewayAddress } from "../address.ts";
import { count, someOf } from "../change.ts";
import { ENDPOINTS_LIMIT } from "../contract.ts";
import { ENTRY_LIMIT, entrySizes } from "./entrySize.ts";
import { type Fault, pathOf } from "../fault.ts";
import type { Choice, ChosenPeer } from "./importChoice.ts";
import { type ImportedService, type ServingPeer, formatImport } from "./importLine.ts";
import { compare, sortedRecord, sortedUnique } from "../order.ts";
import { formatOutliers } from "./outlierDetection.ts";
import { fitsEndpoints, sharedPort } from "./serviceEntry.ts";

/** A peer that has a name, and what it has under it. */
interface Claim {
  choice: Choice;
  service: ImportedService;
}

/** What keeps two peers from serving names together. */
interface Clash {
  claims: readonly [Claim, Claim];
  difference: string;
  names: string[];
}

/**
 * Settles who serves the names that several peers have here: those whose rules give it the highest priority. Several of them serve it together:
 * it is registered with the first of them by name, with the gateways of all and the identities of all. That takes that callers ask all gateways
 * for the same name, and that it is the same service in all else: the ports, who sees it, when gateways pause. A peer without
 * a gateway serves nothing.
 * @param choices of all peers, in any order.
 * @returns what is left with each peer, sorted, and a fault for each two peers and each thing in which they differ.
 */
export function shareNames(choices: readonly Choice[]): { imports: ChosenPeer[]; faults: Fault[] } {
  const sorted = [...choices].sort((one, other) => compare(one.imports.peer, other.imports.peer));
  const clashes = new Map<string, Clash>();
  const left = new Map(
    sorted.map(({ imports: { peer, services } }) => [peer, new Map(Object.entries(services))]),
  );
  for (const [name, all] of claimsOf(sorted)) {
    const serving = preferred(name, all);
    const [owner, ...others] = serving;
    if (all.length < 2 || owner === undefined) continue;
    for (const { choice } of all) if (choice !== owner.choice) left.get(choice.imports.peer)?.delete(name);
    if (others.length === 0) continue;
    for (const other of others) noteClash(clashes, name, [owner, other]);
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
  return { imports, faults: [...clashes.values()].map(tell) };
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

/** In what two peers' services of one name differ that must not. */
const DIFFERENCES: readonly [what: string, of: (claim: Claim, name: string) => string][] = [
  ["names to ask their gateways for", ({ service }, name) => service.remoteHost ?? name],
  ["ways into their clusters", ({ service: { terminated } }) => (terminated ? "opened" : "passed on")],
  ["ports", ({ service: { ports } }) => formatImport({ ports, subjectAltNames: [] }).replace(/ as $/, "")],
  ["namespaces that see it", ({ choice, service }) => (service.exportTo ?? choice.seenBy).join(", ")],
  [
    "outlier detection",
    ({ service: { outlierDetection } }) => formatOutliers(outlierDetection ?? {}) || "none",
  ],
];

function noteClash(clashes: Map<string, Clash>, name: string, claims: readonly [Claim, Claim]): void {
  for (const [what, of] of DIFFERENCES) {
    const [one, other] = [of(claims[0], name), of(claims[1], name)];
    if (one !== other) note(clashes, name, claims, what, `have other ${what} (${one}; ${other})`);
  }
}

function noteSize(
  clashes: Map<string, Clash>,
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
  note(
    clashes,
    name,
    [first, second],
    "size",
    "make too large an entry together, or one with more endpoints, or more ports of these, than it may name",
  );
}

function note(
  clashes: Map<string, Clash>,
  name: string,
  claims: readonly [Claim, Claim],
  what: string,
  difference: string,
): void {
  const key = [...claims.map((claim) => placeOf(claim, name)), what].join(" ");
  const clash = clashes.get(key) ?? { claims, difference, names: [] };
  clashes.set(key, clash);
  clash.names.push(name);
}

function tell({ claims, difference, names }: Clash): Fault {
  const [one, other] = claims.map(({ choice }) => choice.imports.peer);
  const [name = ""] = names;
  const rules = [one, other].map((peer) => pathOf("peers", peer ?? "", "imports")).join(" or ");
  return {
    path: placeOf(claims[0], name),
    rule: `has ${count(names.length)} name(s) here that services of peer ${other} have too (${someOf(names)}), and they ${difference}`,
    remedy: `Have both say the same, or let one serve by a rule with 'priority: 1' or not be imported by one with 'skip', in ${rules}`,
  };
}

/** Where it is said that a peer's service has a name. */
function placeOf({ choice }: Claim, name: string): string {
  return choice.givenAt.get(name) ?? pathOf("peers", choice.imports.peer, "contract", "services");
}
