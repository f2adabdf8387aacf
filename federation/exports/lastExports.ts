import type { ExportRule } from "../config/exports.ts";
import type { ContractService } from "../contract/service.ts";
import { parseServiceHost } from "../core/serviceHost.ts";
import { mapRecord, withoutUndefined } from "../core/order.ts";
import { type ExportAlias, exportedHost } from "./alias.ts";
import { type RuleIndex, indexRules, matchesByName, mayMatch } from "./exportRule.ts";
import { publishedLabels } from "./ownerAnnotations.ts";
import { matchesPort } from "./ports.ts";
import { type ExportingCluster, importersOf } from "./offer.ts";

/**
 * Narrows the services last published to those that the rules still export, while the cluster is unreachable. Where labels decide which of
 * several rules matches, everything stays that any of them would export, and never more than was published.
 * @param services as last published, by host name.
 * @param cluster today's cluster domain, and the identities of peers. Host names of another cluster domain are removed.
 * @param aliases ServiceEntries of aliased exports as of the last update; an export stays as long as a rule gives it the alias.
 */
export function lastExports(
  services: Readonly<Record<string, ContractService>>,
  rules: readonly ExportRule[],
  { domain, peers }: Pick<ExportingCluster, "domain" | "peers">,
  aliases: readonly ExportAlias[],
): Record<string, ContractService> {
  const index = indexRules(rules);
  const byName = new Map(
    aliases.flatMap(({ namespace, service: name, spec }) =>
      spec.hosts.map((host) => [host, { namespace, name }] as const),
    ),
  );
  return mapRecord(services, (service, host) => {
    const owner = byName.get(host) ?? parseServiceHost(host, domain);
    if (owner === undefined) return undefined;
    const deciding = decidingRules(rules, index, owner.namespace, owner.name);
    const naming = deciding.filter((rule) => exportedHost(owner, rule, { domain }) === host);
    return narrow(service, naming, peers);
  });
}

/** The rules that may decide on a Service: those up to the first that surely matches it. */
function decidingRules(
  rules: readonly ExportRule[],
  { named, others }: RuleIndex,
  namespace: string,
  name: string,
): ExportRule[] {
  const byName = named.get(`${namespace}/${name}`) ?? rules.length;
  const possible = others
    .filter(([index, rule]) => index < byName && mayMatch(rule, namespace, name))
    .map(([, rule]) => rule);
  const certain = possible.findIndex(matchesByName);
  return certain < 0 ? [...possible, ...rules.slice(byName, byName + 1)] : possible.slice(0, certain + 1);
}

function narrow(
  service: ContractService,
  rules: readonly ExportRule[],
  identities: ExportingCluster["peers"],
): ContractService | undefined {
  const ports = service.ports.filter((port) =>
    rules.some(
      (rule) =>
        rule.ports?.some((written) => matchesPort(written, { name: port.name, port: port.number })) ?? true,
    ),
  );
  const audience = rules.some((rule) => rule.peers === undefined)
    ? undefined
    : importersOf(
        rules.flatMap((rule) => rule.peers ?? []),
        identities,
      );
  const peers =
    audience === undefined
      ? service.peers
      : (service.peers ?? audience).filter((peer) => audience.includes(peer));
  const labels = publishedLabels(
    { labels: service.labels ?? {} },
    { labels: rules.flatMap((rule) => rule.labels ?? []) },
  );
  if (ports.length === 0 || peers?.length === 0) return undefined;
  return withoutUndefined({
    ports,
    subjectAltNames: service.subjectAltNames,
    peers,
    labels: Object.keys(labels).length === 0 ? undefined : labels,
    // Stays until the policies can change too.
    terminated: service.terminated,
  });
}
