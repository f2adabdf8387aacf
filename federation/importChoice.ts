import { count } from "./change.ts";
import type { PeerConfig } from "./config.ts";
import { ENTRY_LIMIT, entrySizes } from "./entrySize.ts";
import { extraName, refuseExtraName } from "./extraName.ts";
import { type Fault, pathOf } from "./fault.ts";
import type { ImportedService } from "./importLine.ts";
import { type ImportRule, type OfferedService, means, offeredService } from "./importRule.ts";
import { ENTRIES_LIMIT, type PeerImports } from "./imports.ts";
import { ownValue, sortedRecord, sortedUnique } from "./order.ts";

/** istiod allots each host one of the 65,534 addresses of 240.240.0.0/16; some are left to other peers. */
const HOSTS_LIMIT = 50_000;

/** What a stack imports of a peer. */
export interface Choice {
  /** With the services chosen, their settings, and their further names. */
  imports: PeerImports;
  /** Where the config gives each further name. */
  givenAt: ReadonlyMap<string, string>;
  /** Of the config's rules, in view of what the peer offers. */
  faults: Fault[];
  /** Rules that decide nothing. */
  warnings: Fault[];
  /** How many services there were to choose from, where none is chosen. */
  passedOver?: number;
}

/**
 * Chooses among a peer's services by the stack's rules: the first that means a service decides, and what none means is not imported.
 * Without rules all are. A further name is an entry of its own, which leads to the name that the service has in the peer's cluster.
 * A name that cannot be given is a fault, as somebody wrote it here; of many faults of one template the first is told.
 * @param clusterDomain our own, in which nothing of a peer's may have a name.
 * @returns the same, also in order, for the same services and rules.
 */
export function chooseImports(
  found: PeerImports,
  { imports: rules, exportTo = ["*"] }: Pick<PeerConfig, "imports" | "exportTo">,
  clusterDomain: string,
): Choice {
  if (rules === undefined) return { imports: found, givenAt: new Map(), faults: [], warnings: [] };
  const { peer, contract, gateways } = found;
  const path = pathOf("peers", peer, "imports");
  const names = new Names(path, clusterDomain, entrySizes(gateways));
  const tally = rules.map(() => ({ means: 0, decides: 0 }));
  const chosen: { offered: OfferedService; service: ImportedService; rule: ImportRule; index: number }[] = [];
  const offers = Object.entries(found.services).map(([name, service]) => {
    const host = service.remoteHost ?? name;
    const { labels } = ownValue(contract.services, host) ?? {};
    return { name, service, offered: offeredService(host, contract.clusterDomain, labels) };
  });
  for (const { name, service, offered } of offers) {
    const meant = tally.filter((_, index) => means(rules[index] ?? {}, offered));
    for (const each of meant) each.means++;
    const [first] = meant;
    if (first === undefined) continue;
    first.decides++;
    const index = tally.indexOf(first);
    const rule = rules[index] ?? {};
    if (rule.skip) continue;
    const settled = settle(service, rule, sortedUnique(exportTo));
    names.take(name, settled, offered.host);
    chosen.push({ offered, service: settled, rule, index });
  }
  for (const { offered, service, rule, index } of chosen) names.give(offered, service, rule.as ?? [], index);
  const warnings = tally.flatMap((each, index) => idle(`${path}[${index}]`, each, offers.length));
  const refused = [...found.refused, ...names.refused];
  return {
    imports: { ...found, services: sortedRecord(names.services), refused },
    givenAt: names.givenAt,
    faults: names.faults,
    warnings,
    ...(chosen.length === 0 && offers.length > 0 ? { passedOver: offers.length } : {}),
  };
}

/** Under which names a peer's services are registered, and what keeps others from it. */
class Names {
  readonly services = new Map<string, ImportedService>();
  readonly givenAt = new Map<string, string>();
  readonly refused: Fault[] = [];
  private readonly hosts = new Map<string, string>();
  /** By their paths. */
  private readonly wrong = new Map<string, Fault>();
  private readonly path: string;
  private readonly clusterDomain: string;
  private readonly sizeOf: ReturnType<typeof entrySizes>;
  private size = 0;

  constructor(path: string, clusterDomain: string, sizeOf: ReturnType<typeof entrySizes>) {
    this.path = path;
    this.clusterDomain = clusterDomain;
    this.sizeOf = sizeOf;
  }

  get faults(): Fault[] {
    return [...this.wrong.values(), ...this.tooMany()];
  }

  /** @param host in the peer's cluster. */
  take(name: string, service: ImportedService, host: string): void {
    const size = this.sizeOf(name, service);
    if (size > ENTRY_LIMIT) {
      this.refused.push(tooLarge(this.path, name, size));
      return;
    }
    this.size += size;
    this.services.set(name, service);
    this.hosts.set(name, host);
  }

  /** @param index of the rule. */
  give(offered: OfferedService, service: ImportedService, templates: readonly string[], index: number): void {
    const { host } = offered;
    for (const [place, template] of templates.entries()) {
      const path = `${this.path}[${index}].as[${place}]`;
      const name = extraName(template, offered);
      if (name === undefined) {
        this.refused.push(nameless(path, template, host));
        continue;
      }
      const owner = this.hosts.get(name);
      // It may be what the service is called anyway.
      if (owner === host) continue;
      const fault = owner === undefined ? unfit(path, name, this.clusterDomain) : twice(path, name, owner, host);
      if (fault !== undefined) {
        if (!this.wrong.has(path)) this.wrong.set(path, fault);
        continue;
      }
      this.take(name, { ...service, remoteHost: host }, host);
      this.givenAt.set(name, path);
    }
  }

  private tooMany(): Fault[] {
    const { size } = this.services;
    if (this.givenAt.size === 0 || (size <= HOSTS_LIMIT && this.size <= ENTRIES_LIMIT)) return [];
    const rule =
      `make ${count(size)} names of ${count(this.size)} bytes of ServiceEntries, ` +
      `and may make ${count(HOSTS_LIMIT)} and ${count(ENTRIES_LIMIT)}`;
    return [{ path: this.path, rule, remedy: "Import fewer services, or give fewer further names" }];
  }
}

/** The service as a rule has it; the same one where the rule says nothing but what holds for all. */
function settle(
  service: ImportedService,
  { exportTo, outlierDetection }: ImportRule,
  usual: readonly string[],
): ImportedService {
  const seenBy = sortedUnique(exportTo ?? usual);
  const isUsual = seenBy.join() === usual.join();
  if (isUsual && outlierDetection === undefined) return service;
  return {
    ...service,
    ...(isUsual ? {} : { exportTo: seenBy }),
    ...(outlierDetection === undefined ? {} : { outlierDetection }),
  };
}

function idle(path: string, { means, decides }: { means: number; decides: number }, offers: number): Fault[] {
  if (decides > 0) return [];
  if (means > 0) {
    const rule = `means ${count(means)} service(s), and rules before it decide on all of them`;
    return [{ path, rule, remedy: "Put it before those, or remove it" }];
  }
  const rule = `means none of the ${count(offers)} service(s) that the peer offers`;
  return [{ path, rule, remedy: "Correct it, or ask the peer's team what it exports and with which labels" }];
}

function unfit(path: string, value: string, clusterDomain: string): Fault | undefined {
  const rule = refuseExtraName(value, clusterDomain);
  return rule === undefined ? undefined : { path, value, rule, remedy: "Give it another name" };
}

function twice(path: string, value: string, one: string, other: string): Fault {
  const rule = `would be the name of two of the peer's services, ${one} and ${other}`;
  const remedy = "Write both {name} and {namespace} into it, or have the rule mean one service only";
  return { path, value, rule, remedy };
}

function nameless(path: string, value: string, host: string): Fault {
  const rule = `is no name for ${host}, which is not of the form '<name>.<namespace>.svc.<cluster domain>'`;
  return { path, value, rule, remedy: "Give it a name without placeholders, by a rule of its own" };
}

function tooLarge(path: string, value: string, size: number): Fault {
  const rule = `makes a ServiceEntry of ${count(size)} bytes by what the rules say of it, and may make one of ${count(ENTRY_LIMIT)}`;
  return { path, value, rule, remedy: "Have the peer publish fewer ports, identities or gateways" };
}
