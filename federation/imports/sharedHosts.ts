import { ENDPOINTS_LIMIT } from "../contract/contract.ts";
import type { GatewayAddress } from "../core/address.ts";
import { type Fault, pathOf } from "../core/fault.ts";
import { append, compare, sortedRecord, sortedUnique } from "../core/order.ts";
import { count, firstNames } from "../core/text.ts";
import type { ImportChoice } from "./importChoice.ts";
import { type Import, type ServingPeer, formatPorts, visibleTo } from "./import.ts";
import { formatOutlierDetection } from "./outlierDetection.ts";
import { ENTRY_LIMIT, entrySizes } from "./peerService.ts";
import { fitsEndpoints, sharedPort } from "./serviceEntry.ts";

/** A host name of a peer's service. */
interface HostClaim {
  choice: ImportChoice;
  service: Import;
}

/** A property whose difference keeps two peers from serving these names together. */
interface HostClash {
  claims: readonly [HostClaim, HostClaim];
  difference: string;
  names: string[];
}

/** Differences that keep peers from serving names together: one for each pair of peers and each property, for all names. */
class HostClashes {
  readonly #clashes = new Map<string, HostClash>();
  readonly #names = new Set<string>();

  /**
   * @param what property in which they differ.
   * @param difference completes "they ...".
   */
  note(name: string, claims: readonly [HostClaim, HostClaim], what: string, difference: string): void {
    const key = [...claims.map((claim) => placeOf(claim, name)), what].join(" ");
    const clash = this.#clashes.get(key) ?? { claims, difference, names: [] };
    this.#clashes.set(key, clash);
    clash.names.push(name);
    this.#names.add(name);
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  get faults(): Fault[] {
    return [...this.#clashes.values()].map(toFault);
  }
}

/** Services that each peer registers, after hosts of several peers are settled. */
export interface SharedNames {
  /** Sorted by peer. */
  choices: ImportChoice[];
  /** Differences between peers' services of one name, which nobody registers anew until they are settled. */
  differences: Fault[];
  /** Warnings of names that a peer has and does not serve, though no rule says so. */
  warnings: Fault[];
}

/**
 * Decides which peers serve a name that several peers have here: those whose rules give it the highest priority. The first of them by name
 * registers it, with the gateways and identities of all. A peer without a gateway serves nothing.
 *
 * Ports, visibility and outlier detection must be equal, else what is registered of the name stays as it is; of peers whose gateways
 * terminate TLS and peers whose gateways pass through, only the former or the latter serve, with a warning
 * (docs/decisions/2026-11-21-names-of-several-peers.md).
 * @param choices of all peers, in any order.
 * @returns a difference for each pair of peers and each property in which they differ.
 */
export function shareNames(choices: readonly ImportChoice[]): SharedNames {
  const sorted = [...choices].sort((one, other) => compare(one.peer, other.peer));
  const clashes = new HostClashes();
  const asides = new HostClashes();
  const left = new Map(sorted.map(({ peer, services }) => [peer, new Map(Object.entries(services))]));
  const held = new Map<string, string[]>();
  for (const [name, all] of claimsOf(sorted)) {
    const [owner, ...others] = preferred(name, all);
    if (all.length < 2 || owner === undefined) continue;
    for (const { choice } of all) if (choice !== owner.choice) left.get(choice.peer)?.delete(name);
    const serving = [owner];
    for (const other of others) {
      const differing = hostDifferences(name, [owner, other]);
      for (const [what, difference] of differing) clashes.note(name, [owner, other], what, difference);
      // One name and one identity serve for gateways of one kind only.
      const isSameKind = owner.service.terminated === other.service.terminated;
      if (differing.length > 0 || isSameKind) serving.push(other);
      else asides.note(name, [owner, other], "way", otherWay(owner));
    }
    if (serving.length === 1) continue;
    const service = together(owner, name, serving);
    const isSettled = !clashes.has(name) && !noteSize(clashes, name, serving, service);
    if (isSettled) left.get(owner.choice.peer)?.set(name, service);
    else {
      left.get(owner.choice.peer)?.delete(name);
      for (const { choice } of all) append(held, choice.peer, name);
    }
  }
  return {
    choices: sorted.map((choice): ImportChoice => {
      const services = left.get(choice.peer) ?? new Map<string, Import>();
      const elsewhere = Object.keys(choice.services).length - services.size;
      return {
        ...choice,
        services: sortedRecord(services),
        elsewhere,
        heldNames: [...choice.heldNames, ...(held.get(choice.peer) ?? [])],
      };
    }),
    differences: clashes.faults.map((fault) => ({
      ...fault,
      rule: `${fault.rule}; what is registered of them stays until that is settled`,
    })),
    warnings: asides.faults,
  };
}

function otherWay({ choice: { peer }, service: { terminated } }: HostClaim): string {
  const kinds = terminated ? ["terminating", "passthrough"] : ["passthrough", "terminating"];
  return `have another kind of gateway: that of ${peer} is ${kinds[0]}, the other is ${kinds[1]}, so only ${peer} serves them`;
}

/** Lists the peers' services of each name, by name. */
function claimsOf(choices: readonly ImportChoice[]): Map<string, HostClaim[]> {
  const claims = new Map<string, HostClaim[]>();
  for (const choice of choices) {
    if (choice.gateways.length === 0) continue;
    for (const [name, service] of Object.entries(choice.services)) append(claims, name, { choice, service });
  }
  return claims;
}

function preferred(name: string, claims: readonly HostClaim[]): HostClaim[] {
  const priority = ({ choice }: HostClaim): number => choice.rules.get(name)?.priority ?? 0;
  const highest = Math.max(...claims.map(priority));
  return claims.filter((claim) => priority(claim) === highest);
}

function together(owner: HostClaim, name: string, serving: readonly HostClaim[]): Import {
  return {
    ...owner.service,
    subjectAltNames: sortedUnique(serving.flatMap(({ service }) => service.subjectAltNames)),
    servedBy: serving.map(({ choice }): ServingPeer => ({
      peer: choice.peer,
      weight: choice.rules.get(name)?.weight,
    })),
  };
}

/** Notes an entry that is too large. @returns whether it is. */
function noteSize(
  clashes: HostClashes,
  name: string,
  serving: readonly HostClaim[],
  service: Import,
): boolean {
  const [first, second] = serving;
  if (first === undefined || second === undefined) return false;
  const gateways = serving.flatMap(({ choice }): GatewayAddress[] => choice.gateways);
  const fits = fitsEndpoints(service.ports) || sharedPort(gateways) !== undefined;
  const plain = { ...service, servedBy: [] };
  const weights = gateways.length * ',"weight":1000'.length + JSON.stringify(service.servedBy).length;
  const isShort = gateways.length <= ENDPOINTS_LIMIT;
  if (isShort && fits && entrySizes(gateways)(name, plain) + weights <= ENTRY_LIMIT) return false;
  const difference =
    "make too large an entry together, or one with more endpoints, or more ports of these, than it may name";
  clashes.note(name, [first, second], "size", difference);
  return true;
}

/** Properties in which two peers' services of one name must not differ. */
const DIFFERENCES: readonly [what: string, of: (claim: HostClaim, name: string) => string][] = [
  ["names to ask their gateways for", ({ service }, name) => service.remoteHost ?? name],
  ["ports", ({ service: { ports } }) => formatPorts(ports)],
  ["namespaces that see it", ({ choice, service }) => visibleTo(service, choice.seenBy).join(", ")],
  [
    "outlier detection",
    ({ service: { outlierDetection } }) => formatOutlierDetection(outlierDetection) || "none",
  ],
];

/** Formats the properties in which two peers' services of one name differ; each difference completes "they ...". */
function hostDifferences(
  name: string,
  [one, other]: readonly [HostClaim, HostClaim],
): [what: string, difference: string][] {
  return DIFFERENCES.flatMap(([what, of]) => {
    const [mine, others] = [of(one, name), of(other, name)];
    return mine === others ? [] : [[what, `have other ${what} (${mine}; ${others})`]];
  });
}

function toFault({ claims, difference, names }: HostClash): Fault {
  const [one, other] = claims.map(({ choice }) => choice.peer);
  const [name = ""] = names;
  const rules = [one, other].map((peer) => pathOf("peers", peer ?? "", "imports")).join(" or ");
  const rule = `has ${count(names.length)} name(s) here that services of peer ${other} have too (${firstNames(names)}), and they ${difference}`;
  const remedy = `Make both equal, prefer one by a rule with 'priority: 1', or skip one by a rule with 'skip', in ${rules}`;
  return { path: placeOf(claims[0], name), rule, remedy };
}

/** Returns the path of the value that gives a peer's service a name. */
function placeOf({ choice }: HostClaim, name: string): string {
  return choice.givenAt.get(name) ?? pathOf("peers", choice.peer, "contract", "services");
}
