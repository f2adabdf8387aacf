import type { ExportRule } from "../config/exports.ts";
import type { AuthorizationPolicy } from "../access/policy.ts";
import type { GuardedService } from "../access/policyTarget.ts";
import type { ContractService } from "../contract/service.ts";
import { sortedRecord, ownValue, sortedUnique } from "../core/order.ts";
import { offeredAs, type ExportAlias } from "./alias.ts";
import { goesByNames, maySelect, type SplitRules, splitRules } from "./exportRule.ts";
import { publishedLabels } from "./ownerAnnotations.ts";
import { meansPort } from "./ports.ts";

/**
 * What a cluster still offers of what it last published, as far as that can be told without asking the cluster. Which of several rules
 * decides on a Service may hang on labels that nobody knows now: then what any of them would offer stays, and never more than was published.
 * @param services as last published, by host name.
 * @param cluster today's cluster domain: a name of another one leads nowhere any more; and what the peers call themselves.
 * @param aliases what led to those of other names than their own: they stay as long as a rule gives them these.
 */
export function lastExports(
  services: Readonly<Record<string, ContractService>>,
  rules: readonly ExportRule[],
  { domain, peers }: { domain: string; peers: Readonly<Record<string, string>> },
  aliases: readonly ExportAlias[] = [],
): Record<string, ContractService> {
  const split = splitRules(rules);
  const byName = new Map(
    aliases.flatMap(({ namespace, service: name, spec }) =>
      spec.hosts.map((host) => [host, { namespace, name }] as const),
    ),
  );
  return sortedRecord(
    Object.entries(services).flatMap(([host, service]) => {
      const owner = byName.get(host) ?? serviceOf(host, domain);
      if (owner === undefined) return [];
      const deciding = decidingRules(rules, split, owner.namespace, owner.name);
      const naming = deciding.filter((rule) => offeredAs(owner, rule, { domain }) === host);
      const kept = narrow(service, naming, peers);
      return kept === undefined ? [] : [[host, kept] as const];
    }),
  );
}

/** The Service that has a full name. */
function serviceOf(host: string, domain: string): { namespace: string; name: string } | undefined {
  if (!host.endsWith(`.svc.${domain}`)) return undefined;
  const [name = "", namespace = "", ...rest] = host.slice(0, -`.svc.${domain}`.length).split(".");
  return namespace === "" || rest.length > 0 ? undefined : { namespace, name };
}

/** The rules that may decide on a Service: none that comes after one which means it for sure. */
function decidingRules(
  rules: readonly ExportRule[],
  { named, others }: SplitRules,
  namespace: string,
  name: string,
): ExportRule[] {
  const byName = named.get(`${namespace}/${name}`) ?? rules.length;
  const possible = others
    .filter(([index, rule]) => index < byName && maySelect(rule, namespace, name))
    .map(([, rule]) => rule);
  const certain = possible.findIndex(goesByNames);
  return certain < 0 ? [...possible, ...rules.slice(byName, byName + 1)] : possible.slice(0, certain + 1);
}

function narrow(
  service: ContractService,
  rules: readonly ExportRule[],
  names: Readonly<Record<string, string>>,
): ContractService | undefined {
  const ports = service.ports.filter((port) =>
    rules.some(
      (rule) =>
        rule.ports?.some((written) => meansPort(written, { name: port.name, port: port.number })) ?? true,
    ),
  );
  const offered = rules.some((rule) => rule.peers === undefined)
    ? undefined
    : sortedUnique(rules.flatMap((rule) => rule.peers ?? []).map((peer) => ownValue(names, peer) ?? peer));
  const peers =
    offered === undefined
      ? service.peers
      : (service.peers ?? offered).filter((peer) => offered.includes(peer));
  const labels = publishedLabels(
    { labels: service.labels ?? {} },
    { labels: rules.flatMap((rule) => rule.labels ?? []) },
  );
  if (ports.length === 0 || peers?.length === 0) return undefined;
  return {
    ports,
    subjectAltNames: service.subjectAltNames,
    ...(peers === undefined ? {} : { peers }),
    ...(labels === undefined ? {} : { labels }),
    // How peers reach it changes when its policies can.
    ...(service.terminated === undefined ? {} : { terminated: service.terminated }),
  };
}
/** Ports of workloads, as the last policies of a Service have them. */
export interface LastPorts {
  /** Those of the Service itself, at which they tell callers apart; none where they do not. */
  held: number[];
  /** Those that they leave open to callers whom the rule admits: of the Service, and of others that share its workloads. */
  open: number[];
}

/** Of our policies of one Service: `istio-federation-<action>-<service>`, an ALLOW policy also with a suffix after a dot. */
const NAME = /^istio-federation-(?:allow|deny)-([^.]+)/;

/**
 * Finds the ports that the last update's policies of a Service name: while none of its workloads tells where a named port leads, as when it
 * is scaled to zero, they are the best that is known of it.
 * @returns by namespace and name of a Service; none where it had no policy.
 */
export function lastPorts(
  policies: readonly AuthorizationPolicy[],
): (service: { namespace: string; name: string }) => LastPorts {
  const byService = Map.groupBy(policies, ({ namespace, name }) => `${namespace}/${NAME.exec(name)?.[1]}`);
  return ({ namespace, name }) => {
    const operations = (byService.get(`${namespace}/${name}`) ?? [])
      .flatMap(({ spec }) => spec.rules)
      .flatMap(({ to = [] }) => to.map(({ operation }) => operation));
    const held = operations.flatMap(({ ports = [] }) => ports);
    const open = operations.flatMap(({ notPorts = [] }) => notPorts);
    return { held: numbers(held), open: numbers(open) };
  };
}

function numbers(texts: readonly string[]): number[] {
  return sortedUnique(texts).map(Number);
}

/** The offered ports of a Service of which no workload tells where they lead. */
export function unknownPorts({ ports }: Pick<GuardedService, "ports">): GuardedService["ports"] {
  return ports.filter(({ targetPorts = [] }) => targetPorts.length === 0);
}

/**
 * The same Service, with each port that is unknown leading to all of these ports to which no other port of it leads now. (Which of them it was they do not tell: where HTTP and other ports are unknown at once, all are held like those without HTTP.)
 */
export function withLastPorts<T extends GuardedService>(service: T, last: readonly number[]): T {
  const known = service.ports.flatMap(({ targetPorts = [] }) => targetPorts);
  const left = last.filter((port) => !known.includes(port));
  const unknown = unknownPorts(service);
  if (unknown.length === 0 || left.length === 0) return service;
  const ports = service.ports.map((port) => (unknown.includes(port) ? { ...port, targetPorts: left } : port));
  return { ...service, ports };
}
