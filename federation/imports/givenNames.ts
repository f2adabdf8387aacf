import { count } from "../change.ts";
import { ENTRY_LIMIT, type entrySizes } from "./entrySize.ts";
import { extraName } from "./extraName.ts";
import type { Fault } from "../fault.ts";
import type { ImportedService } from "./importLine.ts";
import type { ImportRule, OfferedService } from "./importRule.ts";
import { ENTRIES_LIMIT } from "./imports.ts";
import { sortedRecord } from "../order.ts";

/** istiod allots each host one of the 65,534 addresses of 240.240.0.0/16; some are left to other peers. */
const HOSTS_LIMIT = 50_000;

/** Under which names a peer's services are registered, and what keeps others from it. */
export class Names {
  readonly services = new Map<string, ImportedService>();
  readonly givenAt = new Map<string, string>();
  readonly rules = new Map<string, ImportRule>();
  readonly refused: Fault[] = [];
  private readonly hosts = new Map<string, string>();
  /** The first of each template, by its place. */
  private readonly wrong = new Map<string, Fault>();
  private readonly path: string;
  private readonly refuse: (name: string) => string | undefined;
  private readonly sizeOf: ReturnType<typeof entrySizes>;
  private size = 0;

  /** @param refuse why nothing of the peer's may be called so here. */
  constructor(
    path: string,
    refuse: (name: string) => string | undefined,
    sizeOf: ReturnType<typeof entrySizes>,
  ) {
    this.path = path;
    this.refuse = refuse;
    this.sizeOf = sizeOf;
  }

  get faults(): Fault[] {
    return [...Object.values(sortedRecord(this.wrong)), ...this.tooMany()];
  }

  /** @param host in the peer's cluster. */
  take(name: string, service: ImportedService, host: string, rule: ImportRule): void {
    const size = this.sizeOf(name, service);
    if (size > ENTRY_LIMIT) {
      this.refused.push(tooLarge(this.path, name, size));
      return;
    }
    this.size += size;
    this.services.set(name, service);
    this.rules.set(name, rule);
    this.hosts.set(name, host);
  }

  /** @param index of the rule. */
  give(offered: OfferedService, service: ImportedService, rule: ImportRule, index: number): void {
    const { host } = offered;
    const path = `${this.path}[${index}].as`;
    for (const template of rule.as ?? []) {
      const name = extraName(template, offered);
      if (name === undefined) {
        this.refused.push(nameless(path, template, host));
        continue;
      }
      const owner = this.hosts.get(name);
      // It may be what the service is called anyway.
      if (owner === host) continue;
      const fault =
        owner === undefined ? unfit(path, name, this.refuse(name)) : twice(path, name, owner, host);
      if (fault !== undefined) {
        const place = `${path} ${template}`;
        if (!this.wrong.has(place)) this.wrong.set(place, fault);
        continue;
      }
      this.take(name, { ...service, remoteHost: host }, host, rule);
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

function unfit(path: string, value: string, rule: string | undefined): Fault | undefined {
  return rule === undefined ? undefined : { path, value, rule, remedy: "Give it another name" };
}

function twice(path: string, value: string, one: string, other: string): Fault {
  const rule = `would be the name of two of the peer's services, ${one} and ${other}`;
  const remedy =
    "Have the rule mean one service only, write both {name} and {namespace} into the name, or choose another";
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
