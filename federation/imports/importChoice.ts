import type { ImportRule } from "../config/importRules.ts";
import type { PeerConfig } from "../config/peers.ts";
import type { Contract } from "../contract/contract.ts";
import { count } from "../core/text.ts";
import type { NameRefusal } from "../core/domains.ts";
import { parseServiceHost } from "../core/serviceHost.ts";
import { type Fault, pathOf } from "../core/fault.ts";
import { EMPTY_SELECTOR, isEmpty, matches } from "../core/labels.ts";
import { matchesAny } from "../core/names.ts";
import { ownValue, sortedRecord, sortedUnique } from "../core/order.ts";
import type { PeerImports } from "./contracts.ts";
import { HostRegistry } from "./hostRegistry.ts";
import type { Import } from "./import.ts";
import { entrySizes } from "./peerService.ts";

/** Placeholder of a faulty rule, so that the other rules keep their places. It matches no service, without a warning. */
export const FAULTY_IMPORT_RULE: ImportRule = { host: [] };

/** A service as a peer offers it. */
export interface PeerService {
  /** Full name in the peer's cluster. */
  host: string;
  /** Both left out for a host of another form than `<name>.<namespace>.svc.<cluster domain>`. */
  name?: string;
  namespace?: string;
  /** As published. */
  labels: Record<string, string>;
}

/** Whether a rule matches a service. One without a name and namespace matches only rules that ask for neither. */
export function matchesRule(rule: ImportRule, { host, name, namespace, labels }: PeerService): boolean {
  return (
    fits(rule.namespace, namespace) &&
    fits(rule.service, name) &&
    matchesAny(rule.host, host) &&
    (rule.selector === undefined || matches(rule.selector, labels))
  );
}

function fits(patterns: readonly string[] | undefined, name: string | undefined): boolean {
  return patterns === undefined || (name !== undefined && matchesAny(patterns, name));
}

/** Views a peer's service as rules match it. */
export function toPeerService(
  host: string,
  clusterDomain: string,
  labels: Record<string, string> = {},
): PeerService {
  return { host, labels, ...parseServiceHost(host, clusterDomain) };
}

/** Imports of one peer as the stack's rules choose them. */
export interface ImportChoice extends PeerImports {
  /** Path in the config of each further host that a rule gives. */
  givenAt: ReadonlyMap<string, string>;
  /** The rule that decided on each host; none for a host that needs none. */
  rules: ReadonlyMap<string, ImportRule>;
  /** Namespaces that see the hosts whose import names none itself, sorted. */
  seenBy: readonly string[];
  /** Number of services that the peer offers, where the rules choose none; else 0. */
  passedOver: number;
  /** Number of the hosts that are registered with another peer that serves them too. */
  elsewhere: number;
  /**
   * Hosts here that two services of the peer would have, that are in another peer's domain, or on which several peers do not agree: what
   * is registered of these stays.
   */
  heldNames: readonly string[];
  /** Names that rules give to two of the peer's services, or cannot give as peers are now. */
  clashes: Fault[];
  /** Rules that contradict what the peer offers. */
  faults: Fault[];
  /** Rules that decide nothing. */
  warnings: Fault[];
}

/** Number of services that a rule matches, and of those that it decides on, as no earlier rule matches. */
interface Tally {
  matches: number;
  decides: number;
}

/**
 * Chooses among a peer's services by the stack's rules: the first match wins, and a service without a match is not imported.
 * Without rules all are imported. A further name is an entry of its own, which resolves to the name in the peer's cluster.
 * A name that no service could have is a fault, as somebody wrote it here; one that two services would have, or that is in a domain of
 * another peer, is held. Of many of one template the first is reported.
 * @param refuse returns why the peer must not have a name that a rule gives; undefined when it may.
 * @returns equal choices, also in order, for equal services and rules.
 */
export function chooseImports(
  found: PeerImports,
  { imports: rules, exportTo = ["*"] }: Pick<PeerConfig, "imports" | "exportTo">,
  refuse: (name: string) => NameRefusal | undefined,
): ImportChoice {
  const seenBy = sortedUnique(exportTo);
  if (rules === undefined) {
    return {
      ...found,
      ...{
        givenAt: new Map(),
        rules: new Map(),
        seenBy,
        passedOver: 0,
        elsewhere: 0,
        heldNames: [],
        clashes: [],
        faults: [],
        warnings: [],
      },
    };
  }
  const { peer, contract, gateways } = found;
  const path = pathOf("peers", peer, "imports");
  const registry = new HostRegistry(path, refuse, entrySizes(gateways));
  const tallies = rules.map((): Tally => ({ matches: 0, decides: 0 }));
  const chosen: { offered: PeerService; service: Import; rule: ImportRule; index: number }[] = [];
  const offers = Object.entries(found.services).map(([name, service]) => {
    const host = service.remoteHost ?? name;
    const { labels } = ownValue(contract.services, host) ?? {};
    return { name, service, offered: toPeerService(host, contract.clusterDomain, labels) };
  });
  for (const { name, service, offered } of offers) {
    const matching = tallies.filter((_, index) => matchesRule(rules[index] ?? {}, offered));
    for (const each of matching) each.matches++;
    const [first] = matching;
    if (first === undefined) continue;
    first.decides++;
    const index = tallies.indexOf(first);
    const rule = rules[index] ?? {};
    if (rule.skip) continue;
    const imported = applyRule(service, rule, seenBy);
    registry.add(name, imported, offered.host, rule);
    chosen.push({ offered, service: imported, rule, index });
  }
  const refusedHosts: string[] = [];
  for (const host of found.refusedHosts) {
    const index = rules.findIndex((rule) => mayMatch(rule, host, contract));
    const tally = tallies[index];
    if (tally === undefined) continue;
    tally.matches++;
    tally.decides++;
    if (rules[index]?.skip !== true) refusedHosts.push(host);
  }
  for (const { offered, service, rule, index } of chosen) registry.addFurther(offered, service, rule, index);
  registry.limit();
  const warnings = tallies.flatMap((each, index) =>
    unusedRule(`${path}[${index}]`, rules[index] ?? {}, each, offers.length),
  );
  return {
    ...found,
    services: sortedRecord(registry.services),
    refused: [...found.refused, ...registry.refused],
    refusedHosts,
    ...{ givenAt: registry.givenAt, rules: registry.rules, seenBy },
    passedOver: chosen.length === 0 ? offers.length : 0,
    elsewhere: 0,
    heldNames: sortedUnique(registry.heldNames),
    clashes: registry.clashes,
    faults: registry.faults,
    warnings,
  };
}

/** Whether a rule decides on a service that is not valid. Where its labels cannot be read, a selector may match, and skips nothing. */
function mayMatch(rule: ImportRule, host: string, { clusterDomain, services }: Contract): boolean {
  const service = ownValue(services, host);
  const isUnsure = service === undefined && rule.selector !== undefined;
  if (isUnsure && rule.skip === true) return false;
  const offered = toPeerService(host, clusterDomain, service?.labels);
  return matchesRule(isUnsure ? { ...rule, selector: undefined } : rule, offered);
}

/** Applies a rule to a service; returns the service itself where the rule sets nothing of its own. */
function applyRule(
  service: Import,
  { exportTo, outlierDetection }: ImportRule,
  usual: readonly string[],
): Import {
  const seenBy = sortedUnique(exportTo ?? usual);
  const isUsual = seenBy.join() === usual.join();
  if (isUsual && outlierDetection === undefined) return service;
  return {
    ...service,
    exportTo: isUsual ? [] : seenBy,
    outlierDetection,
  };
}

function unusedRule(path: string, rule: ImportRule, tally: Tally, offers: number): Fault[] {
  const { selector } = rule;
  if (tally.decides > 0 || rule === FAULTY_IMPORT_RULE) return [];
  if (isEmpty(selector)) return [{ path, ...EMPTY_SELECTOR }];
  if (tally.matches > 0) {
    const reason = `matches ${count(tally.matches)} service(s), and rules before it decide on all of them`;
    return [{ path, rule: reason, remedy: "Put it before those, or remove it" }];
  }
  const reason = `matches none of the ${count(offers)} service(s) that the peer offers`;
  const remedy = "Correct it, or ask the peer's team what it exports and with which labels";
  return [{ path, rule: reason, remedy }];
}
