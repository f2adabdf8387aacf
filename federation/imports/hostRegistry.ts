import type { ImportRule } from "../config/importRules.ts";
import { count, firstNames } from "../core/text.ts";
import { type Fault, pathOf } from "../core/fault.ts";
import { fillTemplate } from "../core/domains.ts";
import { sortedRecord } from "../core/order.ts";
import { ENTRIES_LIMIT } from "./contracts.ts";
import type { ImportChoice, PeerService } from "./importChoice.ts";
import { type Import, formatPorts, visibleTo } from "./import.ts";
import { formatOutlierDetection } from "./outlierDetection.ts";
import { ENTRY_LIMIT, type entrySizes } from "./peerService.ts";

/** istiod allots each host one of the 65,534 addresses of 240.240.0.0/16; some are left to other peers. */
const HOSTS_LIMIT = 50_000;

/** Host names under which a peer's services are registered, and faults of names that rules cannot give. */
export class HostRegistry {
  readonly services = new Map<string, Import>();
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

  /** @param refuse returns why the peer must not have a name here. */
  constructor(path: string, refuse: HostRegistry["refuse"], sizeOf: HostRegistry["sizeOf"]) {
    this.path = path;
    this.refuse = refuse;
    this.sizeOf = sizeOf;
  }

  get faults(): Fault[] {
    return [...Object.values(sortedRecord(this.wrong)), ...this.tooMany()];
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
      const fault =
        owner === undefined ? unfit(path, name, this.refuse(name)) : twice(path, name, owner, host);
      if (fault !== undefined) {
        const place = `${path} ${template}`;
        if (!this.wrong.has(place)) this.wrong.set(place, fault);
        continue;
      }
      this.add(name, { ...service, remoteHost: host }, host, rule);
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
    "Let the rule match one service only, use both {name} and {namespace} in the name, or choose another";
  return { path, value, rule, remedy };
}

/** A host name of a peer's service. */
export interface HostClaim {
  choice: ImportChoice;
  service: Import;
}

/** A difference that keeps two peers from serving these names together. */
interface HostClash {
  claims: readonly [HostClaim, HostClaim];
  difference: string;
  names: string[];
}

/** Differences that keep peers from serving names together: one for each pair of peers and each property, for all names. */
export class HostClashes {
  readonly #clashes = new Map<string, HostClash>();

  /**
   * @param what property in which they differ.
   * @param difference completes "they ...".
   */
  note(name: string, claims: readonly [HostClaim, HostClaim], what: string, difference: string): void {
    const key = [...claims.map((claim) => placeOf(claim, name)), what].join(" ");
    const clash = this.#clashes.get(key) ?? { claims, difference, names: [] };
    this.#clashes.set(key, clash);
    clash.names.push(name);
  }

  /** A fault for each. */
  get faults(): Fault[] {
    return [...this.#clashes.values()].map(toFault);
  }
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
export function hostDifferences(
  name: string,
  [one, other]: readonly [HostClaim, HostClaim],
): [what: string, difference: string][] {
  return DIFFERENCES.flatMap(([what, of]) => {
    const [mine, others] = [of(one, name), of(other, name)];
    return mine === others ? [] : [[what, `have other ${what} (${mine}; ${others})`]];
  });
}

/** Whether both gateways pass calls through, or both terminate TLS, so that one name and one identity serve for both. */
export function hasSameGatewayMode(one: HostClaim, other: HostClaim): boolean {
  return one.service.terminated === other.service.terminated;
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
