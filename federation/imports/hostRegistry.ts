import type { ImportRule } from "../config/importRules.ts";
import { count } from "../core/text.ts";
import type { Fault } from "../core/fault.ts";
import { type NameRefusal, fillTemplate } from "../core/domains.ts";
import { sortedRecord } from "../core/order.ts";
import type { PeerService } from "./importChoice.ts";
import type { Import } from "./import.ts";
import { ENTRIES_LIMIT, ENTRY_LIMIT, type entrySizes } from "./peerService.ts";

/** istiod allots each host one of the 65,534 addresses of 240.240.0.0/16; some are left to other peers. */
const HOSTS_LIMIT = 50_000;

const STAYS = "what is registered of it stays until that is settled";

/** A service whose name decides nothing. */
const ANY_SERVICE = { name: "x", namespace: "x" };

/** Host names under which a peer's services are registered, names that two of them would have, and faults of names that rules cannot give. */
export class HostRegistry {
  readonly services = new Map<string, Import>();
  readonly givenAt = new Map<string, string>();
  readonly rules = new Map<string, ImportRule>();
  readonly refused: Fault[] = [];
  private readonly hosts = new Map<string, string>();
  /** Names that rules give to two services, or that a peer keeps rules from giving: no service has them. */
  readonly heldNames = new Set<string>();
  /** The first held name of each template, by its place. */
  private readonly common = new Map<string, Fault>();
  /** The first of each template, by its place. */
  private readonly wrong = new Map<string, Fault>();
  private readonly path: string;
  private readonly refuse: (name: string) => NameRefusal | undefined;
  private readonly sizeOf: ReturnType<typeof entrySizes>;
  private size = 0;

  /** @param refuse returns why the peer must not have a name here. */
  constructor(path: string, refuse: HostRegistry["refuse"], sizeOf: HostRegistry["sizeOf"]) {
    this.path = path;
    this.refuse = refuse;
    this.sizeOf = sizeOf;
  }

  get faults(): Fault[] {
    return Object.values(sortedRecord(this.wrong));
  }

  /** Reasons why names are held; the first of each template. */
  get clashes(): Fault[] {
    return Object.values(sortedRecord(this.common));
  }

  /** @param host in the peer's cluster. */
  add(name: string, service: Import, host: string, rule: ImportRule): void {
    const size = this.sizeOf(name, service);
    if (size > ENTRY_LIMIT) {
      const reason = `makes a ServiceEntry of ${count(size)} bytes with the settings of the rules, and may make one of ${count(ENTRY_LIMIT)}`;
      const remedy = "Have the peer publish fewer ports, identities or gateways";
      this.refused.push({ path: this.path, value: name, rule: reason, remedy });
      return;
    }
    this.size += size;
    this.services.set(name, service);
    this.rules.set(name, rule);
    this.hosts.set(name, host);
  }

  /** @param index of the rule. */
  addFurther(offered: PeerService, service: Import, rule: ImportRule, index: number): void {
    const { host } = offered;
    const path = `${this.path}[${index}].as`;
    for (const template of rule.as ?? []) {
      const name = fillTemplate(template, offered);
      if (name === undefined) {
        const reason = `is no name for ${host}, which is not of the form '<name>.<namespace>.svc.<cluster domain>'`;
        const remedy = "Give it a name without placeholders, by a rule of its own";
        this.refused.push({ path, value: template, rule: reason, remedy });
        continue;
      }
      const owner = this.hosts.get(name);
      // It may be the service's own name.
      if (owner === host) continue;
      const place = `${path} ${template}`;
      if (owner !== undefined) {
        this.hold(name);
        if (!this.common.has(place)) this.common.set(place, twice(path, name, owner, host));
        continue;
      }
      const refusal = this.refuse(name);
      if (refusal !== undefined) {
        const isOurs = this.isWrong(template);
        if (!isOurs) this.hold(name);
        const faults = isOurs ? this.wrong : this.common;
        if (!faults.has(place))
          faults.set(place, unfit(path, name, isOurs ? refusal.rule : `${refusal.rule}; ${STAYS}`));
        continue;
      }
      this.add(name, { ...service, remoteHost: host }, host, rule);
      this.givenAt.set(name, path);
    }
  }

  /** Whether no service can have a name of this template, whatever peers publish. */
  private isWrong(template: string): boolean {
    const refusal = this.refuse(fillTemplate(template, ANY_SERVICE) ?? template);
    return refusal !== undefined && !refusal.isTaken;
  }

  /** Takes a name from the service that has it, if one has: which of the two was registered before is not known. */
  private hold(name: string): void {
    const service = this.services.get(name);
    if (service !== undefined) this.size -= this.sizeOf(name, service);
    this.heldNames.add(name);
    this.services.delete(name);
    this.rules.delete(name);
    this.givenAt.delete(name);
  }

  /** Takes all names that rules give where they are too many together with the services' own. */
  limit(): void {
    const { size } = this.services;
    if (this.givenAt.size === 0 || (size <= HOSTS_LIMIT && this.size <= ENTRIES_LIMIT)) return;
    const rule =
      `make ${count(size)} names of ${count(this.size)} bytes of ServiceEntries, ` +
      `and may make ${count(HOSTS_LIMIT)} and ${count(ENTRIES_LIMIT)}; of further names, ${STAYS}`;
    const remedy = "Import fewer services, or give fewer further names";
    this.common.set(this.path, { path: this.path, rule, remedy });
    for (const name of [...this.givenAt.keys()]) this.hold(name);
  }
}

function unfit(path: string, value: string, rule: string): Fault {
  return { path, value, rule, remedy: "Give it another name" };
}

function twice(path: string, value: string, one: string, other: string): Fault {
  const rule = `would be the name of two of the peer's services, ${one} and ${other}; ${STAYS}`;
  const remedy =
    "Let the rule match one service only, use both {name} and {namespace} in the name, or choose another";
  return { path, value, rule, remedy };
}
