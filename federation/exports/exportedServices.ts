import type { ExportRule } from "../config/exports.ts";
import type { ContractService } from "../contract/service.ts";
import { firstNames } from "../core/text.ts";
import { type Fault, pathOf, within } from "../core/fault.ts";
import { compare, compareKeys, ownValue } from "../core/order.ts";
import { serviceHost } from "../core/serviceHost.ts";
import { type ExportAlias, duplicateHosts, exportedHost } from "./alias.ts";
import {
  type ClusterServices,
  type KubernetesService,
  endpointIndex,
  workloadIndex,
} from "./clusterServices.ts";
import { labelsOf, serviceKey } from "./exportRule.ts";
import { indexDestinationRules } from "./destinationRules.ts";
import { gatewayTlsModes, mutualTlsModes } from "./mutualTls.ts";
import { type ExportingCluster, type Offer, offerService } from "./offer.ts";
import { missingPorts } from "./ownerAnnotations.ts";
import { type RuleMatch, matchRules } from "./ruleMatch.ts";
import { serviceFieldWarnings } from "./serviceFields.ts";

/** Services that a cluster exports, and warnings of those that it does not. */
export interface ExportedServices {
  /** By host name. */
  offers: Offer[];
  warnings: Fault[];
}

/**
 * Decides which Services a cluster exports to its peers. Nothing here is a fault: a Service that cannot be exported gets a warning.
 * Docs: docs/exports.md; reasons: docs/decisions/2026-11-21-exports-without-black-holes.md.
 *
 * - The first rule that matches a Service decides: which ports, to which peers, which labels are published. Its owner can narrow that by
 *   annotations, or opt out by a label on the Service or its namespace; opting out gives no warning.
 * - Identities are those of the annotation, else of the selected workloads, else those last published; without any: not exported, as
 *   callers would accept any trusted certificate. Behind a TLS-terminating gateway: {@link gatewayIdentities}.
 * - Details: {@link exportedPorts}, {@link checkReach}, {@link duplicateHosts}.
 *
 * @param last services last published, by host name.
 * @param lastAliases ServiceEntries of aliased exports as of the last update.
 * @returns equal results for equal Services in any order.
 */
export function exportServices(
  found: ClusterServices,
  rules: readonly ExportRule[],
  cluster: ExportingCluster,
  last: Readonly<Record<string, ContractService>>,
  lastAliases: readonly ExportAlias[],
): ExportedServices {
  const { matches, warnings } = matchRules(found, rules);
  const selectedBy = workloadIndex(found.workloads);
  const behindEndpointsOf = endpointIndex(found.workloads);
  const tls = {
    modeOf: mutualTlsModes(found.peerAuthentications, cluster.mutualTls, cluster.rootNamespace),
    gatewayTls: gatewayTlsModes(
      indexDestinationRules(found.destinationRules, cluster).find,
      cluster.gateway.namespace,
    ),
  };
  const duplicates = duplicateHosts(
    matches
      .filter(({ rule }) => rule.peers?.length !== 0)
      .map(({ service, rule, index }) => ({ service, host: exportedHost(service, rule, cluster), index })),
  );
  const identitiesOf = lastIdentities(last, lastAliases, cluster);
  const decided = matches
    .filter(({ service }) => !duplicates.some(({ keys }) => keys.has(serviceKey(service))))
    .map((match) => {
      const { service } = match;
      const workloads =
        Object.keys(service.selector).length === 0 ? behindEndpointsOf(service) : selectedBy(service);
      const labels = labelsOf(found.namespaces, service);
      return { match, ...offerService(match, workloads, labels, identitiesOf(service), cluster, tls) };
    });
  const exported = decided.flatMap(({ match, offer }) => (offer === undefined ? [] : [{ match, offer }]));
  const offers = exported.map(({ offer }) => offer).sort((one, other) => compare(one.host, other.host));
  return {
    offers,
    warnings: [
      ...warnings,
      ...missingPortWarnings(exported.map(({ match }) => match)),
      ...duplicates.map(({ warning }) => warning),
      ...decided.flatMap((each) =>
        each.warnings.map((warning) => within(`Service ${serviceKey(each.match.service)}`, warning)),
      ),
      ...plaintextWarnings(exported.map(({ offer }) => offer)),
      ...serviceFieldWarnings(
        exported.map(({ match: { service }, offer: { isAliased } }) => {
          return { service, isAliased, namespaceLabels: labelsOf(found.namespaces, service) };
        }),
      ),
    ],
  };
}

/** Finds the workloads' identities that were last published for a Service, under any host name. */
function lastIdentities(
  last: Readonly<Record<string, ContractService>>,
  aliases: readonly ExportAlias[],
  cluster: ExportingCluster,
): (service: KubernetesService) => readonly string[] {
  const names = new Map(aliases.map((each) => [`${each.namespace}/${each.service}`, each.spec.hosts]));
  return (service) => {
    const hosts = [...(names.get(serviceKey(service)) ?? []), serviceHost(service, cluster.domain)];
    return hosts.flatMap((host) => {
      const { subjectAltNames = [], terminated } = ownValue(last, host) ?? {};
      // A terminated one has the gateway's identity.
      return terminated ? [] : subjectAltNames;
    });
  };
}

/** Warns of ports that a rule names and exported Services do not have: one warning for all Services of a rule. */
function missingPortWarnings(exported: readonly RuleMatch[]): Fault[] {
  const byRule = Map.groupBy(exported, ({ index }) => index);
  return [...byRule]
    .sort(([one], [other]) => one - other)
    .flatMap(([index, matches]) =>
      grouped(matches.map(({ service, rule }) => [service, missingPorts(service, rule)] as const)).map(
        ([port, names]) => ({
          path: pathOf("exports", index, "ports"),
          value: port,
          rule: `is no port of ${names}`,
          remedy: "Correct it, or write a rule of its own for those that have it",
        }),
      ),
    );
}

/** Warns of Services whose workloads accept plaintext too: one warning for each PeerAuthentication. */
function plaintextWarnings(offers: readonly Offer[]): Fault[] {
  return grouped(offers.map((offer) => [offer, offer.permissiveBy] as const)).map(([policy, names]) => ({
    path: `PeerAuthentication ${policy}`,
    value: "PERMISSIVE",
    rule: `lets workloads of this cluster call ${names} without mutual TLS, so without an identity that a policy can match`,
    remedy:
      "Make it STRICT once all local callers have sidecars; peers' callers have an identity in any case",
  }));
}

/** The first few Services that have a value in common, by that value; sorted. */
function grouped(
  values: readonly (readonly [{ namespace: string; name: string }, readonly string[]])[],
): [string, string][] {
  const pairs = values.flatMap(([service, all]) => [...new Set(all)].map((value) => ({ value, service })));
  return [...Map.groupBy(pairs, ({ value }) => value)]
    .sort(compareKeys)
    .map(([value, all]) => [value, firstNames(all.map(({ service }) => serviceKey(service)))]);
}
