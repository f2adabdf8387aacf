import { gatewayServiceAccount } from "./gatewayListeners.ts";
import type { ContractService } from "../contract/service.ts";
import { changeBetween, describeChange } from "../core/change.ts";
import { GATEWAY_NAMESPACE } from "../core/wellKnown.ts";
import type { Fault } from "../core/fault.ts";
import {
  type HostConflict,
  type WantedHost,
  conflictsOf,
  ownerOf,
  sortedConflicts,
} from "../core/hostConflict.ts";
import { sortedUnique } from "../core/order.ts";
import type { PlanContext } from "../plan.ts";
import { optional, required } from "../snapshot.ts";
import { type ExportAlias, aliasesOf } from "./alias.ts";
import { clusterNames, exportServices } from "./exports.ts";
import { lastExports } from "./lastExports.ts";
import type { ExportedService } from "./offer.ts";

/** Services that a cluster exports after this run. */
export interface ExportPlan {
  /** As the contract has them, by host name. */
  services: Record<string, ContractService>;
  /** The same Services in this cluster; undefined when it was not reachable. */
  exported: readonly ExportedService[] | undefined;
  /** ServiceEntries for exports under other names than the Services' own. */
  aliases: readonly ExportAlias[];
}

/**
 * Decides which Services are exported: by what the cluster has, or by what was last published while it is unreachable. A Service whose
 * alias is a host of somebody else's ServiceEntry is not exported.
 */
export function planExports(context: PlanContext): ExportPlan {
  const { config, snapshot, lastRun, peers, findings } = context;
  const { cluster, exports: rules, gateway } = config;
  const exporting = {
    ...cluster,
    gatewayAccount: gatewayServiceAccount(gateway.values),
    peers: clusterNames(config.peers, peers, lastRun.pinned),
  };
  const published = lastRun.contract?.services ?? {};
  const aliases = Object.values(lastRun.aliases);
  // Without a look at the policies of others, what is new would be exported without restrictions.
  const { authorizationPolicies } = snapshot.cluster;
  const reading = "unreachable" in authorizationPolicies ? authorizationPolicies : snapshot.cluster.services;
  const found = required(reading, findings);
  if (found === undefined) {
    const services = lastExports(published, rules, exporting, aliases);
    if ("unreachable" in reading) {
      const instead =
        lastRun.contract === undefined
          ? "nothing is exported, as nothing ever was"
          : "the exports last published stay";
      findings.warn(`Cluster ${cluster.name} cannot be reached: ${instead}. ${reading.unreachable}`);
    }
    return {
      services,
      exported: undefined,
      aliases: aliases.filter(({ spec }) => spec.hosts.some((host) => Object.hasOwn(services, host))),
    };
  }
  const { services, exported, warnings } = exportServices(
    {
      ...found,
      peerAuthentications: optional(
        snapshot.cluster.peerAuthentications,
        [],
        "exported Services accept plaintext, or no mutual TLS, by a PeerAuthentication",
        findings,
      ),
      destinationRules: optional(
        snapshot.cluster.destinationRules,
        [],
        "a DestinationRule keeps the gateway from reaching exported Services",
        findings,
      ),
    },
    rules,
    exporting,
    published,
    aliases,
  );
  findings.warnOf(warnings, "warnings about exports");
  return withoutTakenAliases({ services, exported, aliases: aliasesOf(exported) }, context);
}

/** Removes these hosts from the exports. */
export function withoutHosts(plan: ExportPlan, hosts: readonly string[]): ExportPlan {
  if (hosts.length === 0) return plan;
  const removed = new Set(hosts);
  const { services, exported, aliases } = plan;
  return {
    services: Object.fromEntries(Object.entries(services).filter(([host]) => !removed.has(host))),
    exported: exported?.filter(({ host }) => !removed.has(host)),
    aliases: aliases.filter(({ spec }) => !spec.hosts.some((host) => removed.has(host))),
  };
}

/** Describes how the exports differ from those last published; none when they do not. */
export function exportChanges(
  { services }: ExportPlan,
  published: Readonly<Record<string, ContractService>>,
): string[] {
  const [known, wanted] = [published, services].map((all) =>
    Object.fromEntries(Object.entries(all).map(([host, service]) => [host, JSON.stringify(service)])),
  );
  const change = describeChange(changeBetween(known ?? {}, wanted ?? {}));
  return change === "" ? [] : [`exports: ${change}`];
}

/** Only aliases are compared: nothing of others lies below `svc.<cluster domain>`. */
function withoutTakenAliases(plan: ExportPlan, { snapshot, findings }: PlanContext): ExportPlan {
  const wanted = new Map(
    plan.aliases.flatMap(({ namespace, service, spec: { hosts, exportTo } }) =>
      hosts.map((host): [string, WantedHost] => [host, { peer: `${namespace}/${service}`, exportTo }]),
    ),
  );
  if (wanted.size === 0) return plan;
  const entries = optional(
    snapshot.cluster.serviceEntries,
    [],
    "ServiceEntries of others have names under which Services are exported",
    findings,
  );
  const conflicts = entries.flatMap((entry) => conflictsOf(entry, wanted, GATEWAY_NAMESPACE));
  const { hosts, warnings } = judgeTakenAliases(conflicts);
  findings.warnOf(warnings, "names of Services that others' entries have too");
  return withoutHosts(plan, hosts);
}

/**
 * A Service that is offered under a name that is a host of somebody else's entry too is held back: of the two Istio takes the older one, and
 * the gateway would lead peers there. (A wildcard does not matter: the gateway opens for names in full.)
 * @param conflicts of such names, with `namespace/name` of the Service as the peer's name.
 * @returns the names, each once, and a warning for each entry, in order.
 */
export function judgeTakenAliases(conflicts: readonly HostConflict[]): {
  hosts: string[];
  warnings: Fault[];
} {
  const exact = sortedConflicts(conflicts.filter(({ wildcard }) => wildcard === undefined));
  return {
    hosts: sortedUnique(exact.map(({ host }) => host)),
    warnings: exact.map(({ peer, host, entry }) => ({
      path: `Service ${peer}`,
      value: host,
      rule: `is a host of ServiceEntry ${entry.namespace}/${entry.name} too, ${ownerOf(entry)}, to which the gateway could lead, so the Service is held back`,
      remedy:
        "Delete that one, hide it from the gateway by its exportTo, or offer the Service under another name",
    })),
  };
}
