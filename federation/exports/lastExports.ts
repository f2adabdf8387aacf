import { offeredAs } from "./alias.ts";
import type { ContractService } from "../contractService.ts";
import type { ExportAlias } from "./exportAlias.ts";
import { meansPort } from "./exportedPorts.ts";
import { type ExportRule, goesByNames, maySelect } from "./exportRule.ts";
import { publishedLabels } from "./narrowing.ts";
import { ownValue, sortedRecord, sortedUnique } from "../order.ts";
import { type SplitRules, splitRules } from "./ruleFinder.ts";

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
