import type { ImportRule } from "../config/importRules.ts";
import type { PeerConfig } from "../config/peers.ts";
import { count } from "../core/text.ts";
import { type Fault, pathOf } from "../core/fault.ts";
import { EMPTY_SELECTOR, isEmpty } from "../core/labels.ts";
import { ownValue, sortedRecord, sortedUnique } from "../core/order.ts";
import type { PeerImports } from "./contracts.ts";
import { HostRegistry } from "./hostRegistry.ts";
import { FAULTY_IMPORT_RULE, type PeerService, matchesRule, toPeerService } from "./importRule.ts";
import type { Import } from "./import.ts";
import { entrySizes } from "./peerService.ts";

/** Imports of one peer as the stack's rules choose them. */
export interface ImportChoice extends PeerImports {
  /** Path in the config of each further host that a rule gives. */
  givenAt: ReadonlyMap<string, string>;
  /** The rule that decided on each host; none for a host that needs none. */
  rules: ReadonlyMap<string, ImportRule>;
  /** Namespaces that see the hosts whose import names none itself, sorted. */
  seenBy: readonly string[];
  /** How many services the peer offers, where the rules choose none; else 0. */
  passedOver: number;
  /** How many of the hosts are registered with another peer that serves them too. */
  elsewhere: number;
  /** Rules that contradict what the peer offers. */
  faults: Fault[];
  /** Rules that decide nothing. */
  warnings: Fault[];
}

/** How many services a rule means, and on how many it decides, as none before it does. */
interface Tally {
  matches: number;
  decides: number;
}

/**
 * Chooses among a peer's services by the stack's rules: the first that means a service decides, and what none means is not imported.
 * Without rules all are. A further name is an entry of its own, which leads to the name that the service has in the peer's cluster.
 * A name that cannot be given is a fault, as somebody wrote it here; of many faults of one template the first is told.
 * @param refuse why nothing of this peer's may be called so here, for a name that a rule gives; undefined when it may.
 * @returns the same, also in order, for the same services and rules.
 */
export function chooseImports(
  found: PeerImports,
  { imports: rules, exportTo = ["*"] }: Pick<PeerConfig, "imports" | "exportTo">,
  refuse: (name: string) => string | undefined,
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
  for (const { offered, service, rule, index } of chosen) registry.addFurther(offered, service, rule, index);
  const warnings = tallies.flatMap((each, index) =>
    unusedRule(`${path}[${index}]`, rules[index] ?? {}, each, offers.length),
  );
  return {
    ...found,
    services: sortedRecord(registry.services),
    refused: [...found.refused, ...registry.refused],
    ...{ givenAt: registry.givenAt, rules: registry.rules, seenBy },
    passedOver: chosen.length === 0 ? offers.length : 0,
    elsewhere: 0,
    faults: registry.faults,
    warnings,
  };
}

/** The service as a rule has it; the same one where the rule says nothing but what holds for all. */
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
  return [
    {
      path,
      rule: reason,
      remedy: "Correct it, or ask the peer's team what it exports and with which labels",
    },
  ];
}
