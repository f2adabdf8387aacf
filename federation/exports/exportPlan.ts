import { gatewayServiceAccount } from "./gatewayListeners.ts";
import type { ContractService } from "../contract/service.ts";
import { describeChange } from "../core/text.ts";
import { DNS_LABEL } from "../core/names.ts";
import { GATEWAY_NAMESPACE } from "../core/wellKnown.ts";
import type { Fault } from "../core/fault.ts";
import {
  type HostConflict,
  type WantedHost,
  conflictsOf,
  ownerOf,
  sortedConflicts,
} from "../core/hostConflict.ts";
import { changeBetween, mapRecord, ownValue, sortedUnique } from "../core/order.ts";
import { valueAt } from "../core/schema.ts";
import type { StackConfig } from "../config/stackConfig.ts";
import type { ContractReading } from "../imports/registration.ts";
import type { PlanContext } from "../plan.ts";
import { type Reading, type Unreachable, optional, required } from "../snapshot.ts";
import type { PinnedPeer } from "../trust/pinnedPeer.ts";
import { type ExportAlias, toAliases } from "./alias.ts";
import { exportServices } from "./exportedServices.ts";
import { lastExports } from "./lastExports.ts";
import { type Offer, toContractServices } from "./offer.ts";

/** Services that a cluster exports after this run. */
export interface ExportPlan {
  /** By host name; undefined while the cluster is unreachable. */
  offers: readonly Offer[] | undefined;
  /** Services of the contract, by host name. */
  services: Record<string, ContractService>;
  /** ServiceEntries of aliased exports. */
  aliases: readonly ExportAlias[];
}

/**
 * Decides which Services are exported. While the cluster is unreachable, those last published stay as far as the rules still match. A
 * Service whose alias is a host of somebody else's ServiceEntry is not exported.
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
  const { services: read, authorizationPolicies, peerAuthentications, destinationRules } = snapshot.cluster;
  // Without these a new export might not be restricted, or the gateway might not reach it by mutual TLS.
  const others: readonly Reading<unknown>[] = [authorizationPolicies, peerAuthentications, destinationRules];
  const unreachable = others.find((each): each is Unreachable => "unreachable" in each);
  const reading = "value" in read ? (unreachable ?? read) : read;
  const found = required(reading, findings);
  if (found === undefined) {
    const services = lastExports(published, rules, exporting, aliases);
    if ("unreachable" in reading) {
      const instead =
        lastRun.contract === undefined
          ? "nothing is exported, as nothing was published before"
          : "the exports last published stay";
      findings.warn(`Cluster ${cluster.name} cannot be reached: ${instead}. ${reading.unreachable}`);
    }
    return {
      offers: undefined,
      services,
      aliases: aliases.filter(({ spec }) => spec.hosts.some((host) => Object.hasOwn(services, host))),
    };
  }
  const { offers, warnings } = exportServices(
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
  return withoutConflictingAliases(toExportPlan(offers), context);
}

/** Removes these hosts from the exports. */
export function withoutHosts(plan: ExportPlan, hosts: readonly string[]): ExportPlan {
  if (hosts.length === 0 || plan.offers === undefined) return plan;
  const removed = new Set(hosts);
  return toExportPlan(plan.offers.filter(({ host }) => !removed.has(host)));
}

function toExportPlan(offers: readonly Offer[]): ExportPlan {
  return { offers, services: toContractServices(offers), aliases: toAliases(offers) };
}

/** Describes how the exports differ from those last published; none when they do not. */
export function exportChanges(
  { services }: ExportPlan,
  published: Readonly<Record<string, ContractService>>,
): string[] {
  const texts = (all: Readonly<Record<string, ContractService>>): Record<string, string> =>
    mapRecord(all, (service) => JSON.stringify(service));
  const change = describeChange(changeBetween(texts(published), texts(services)));
  return change === "" ? [] : [`exports: ${change}`];
}

/** Removes aliases that are hosts of other ServiceEntries; nobody else has names below `svc.<cluster domain>`. */
function withoutConflictingAliases(plan: ExportPlan, { snapshot, findings }: PlanContext): ExportPlan {
  const wanted = new Map(
    plan.aliases.flatMap(({ namespace, service, spec: { hosts, exportTo } }) =>
      hosts.map((host): [string, WantedHost] => [host, { peer: `${namespace}/${service}`, exportTo }]),
    ),
  );
  if (wanted.size === 0) return plan;
  const entries = optional(
    snapshot.cluster.serviceEntries,
    [],
    "ServiceEntries of others have host names under which Services are exported",
    findings,
  );
  const conflicts = entries.flatMap((entry) => conflictsOf(entry, wanted, GATEWAY_NAMESPACE));
  const { hosts, warnings } = aliasConflicts(conflicts);
  findings.warnOf(warnings, "host names that ServiceEntries of others have too");
  return withoutHosts(plan, hosts);
}

/**
 * Finds aliases that are hosts of somebody else's ServiceEntry: Istio uses the older entry, and the gateway would send peers there. Wildcards
 * do not conflict, as the gateway listens for complete host names.
 * @param conflicts of aliases, with `namespace/name` of the Service as the peer's name.
 * @returns the hosts, and a warning for each entry; sorted.
 */
export function aliasConflicts(conflicts: readonly HostConflict[]): {
  hosts: string[];
  warnings: Fault[];
} {
  const exact = sortedConflicts(conflicts.filter(({ wildcard }) => wildcard === undefined));
  return {
    hosts: sortedUnique(exact.map(({ host }) => host)),
    warnings: exact.map(({ peer, host, entry }) => ({
      path: `Service ${peer}`,
      value: host,
      rule: `is a host of ServiceEntry ${entry.namespace}/${entry.name} too, ${ownerOf(entry)}, to which the gateway could route, so the Service is not exported`,
      remedy:
        "Delete that ServiceEntry, hide it from the gateway by its exportTo, or export the Service under another name",
    })),
  };
}

/**
 * Finds the name that each configured peer gives itself, by its name in the config: a contract names importers so. It is the expected name
 * in the config, else the published one, else the pinned one, else the peer's name in the config. An untrusted contract stops this run anyway.
 * @param readings by the peer's name; not yet validated.
 */
export function clusterNames(
  peers: StackConfig["peers"],
  readings: Readonly<Record<string, ContractReading>>,
  pinned: Readonly<Record<string, PinnedPeer>>,
): Record<string, string> {
  return mapRecord(peers, ({ identity }, peer) => {
    const reading = ownValue(readings, peer);
    const published =
      reading !== undefined && "contract" in reading ? clusterIn(reading.contract) : undefined;
    return identity?.cluster ?? published ?? ownValue(pinned, peer)?.cluster ?? peer;
  });
}

function clusterIn(contract: unknown): string | undefined {
  const cluster = valueAt(contract, ["cluster"]);
  return typeof cluster === "string" && DNS_LABEL.test(cluster) ? cluster : undefined;
}
