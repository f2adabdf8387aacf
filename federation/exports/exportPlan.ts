import { formatImporter } from "../contract/audience.ts";
import type { ContractService } from "../contract/service.ts";
import { count, describeChange, firstNames } from "../core/text.ts";
import { type Fault, pathOf, settingCommand } from "../core/fault.ts";
import {
  type HostConflict,
  type WantedHost,
  conflictsOf,
  ownerOf,
  sortedConflicts,
} from "../core/hostConflict.ts";
import { foreignObject } from "../core/installation.ts";
import { changeBetween, mapRecord, ownValue, sortedUnique } from "../core/order.ts";
import type { StackConfig } from "../config/stackConfig.ts";
import type { PlanContext } from "../plan.ts";
import { type Reading, type Unreachable, optional, required } from "../snapshot.ts";
import type { PinnedPeer } from "../trust/pinnedPeer.ts";
import { type ExportAlias, aliasObject, toAliases } from "./alias.ts";
import { exportServices } from "./exportedServices.ts";
import { lastExports } from "./lastExports.ts";
import type { LocalMesh } from "./localMesh.ts";
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
 * @param pinned trusted peers, by their names.
 */
export function planExports(
  context: PlanContext,
  pinned: Readonly<Record<string, PinnedPeer>>,
  mesh: LocalMesh,
): ExportPlan {
  const { config, snapshot, lastRun, findings } = context;
  const { cluster, exports: rules } = config;
  const exporting = {
    ...cluster,
    ...mesh,
    peers: importerIdentities(config.peers, pinned),
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
  findings.warnOf(unpinnedAudience(offers, exporting.peers, config.peers), "such peers");
  const { namespace } = mesh.gateway;
  const plan = { offers, services: toContractServices(offers), aliases: toAliases(offers, namespace) };
  return withoutConflictingAliases(plan, context, namespace);
}

/** Removes these hosts from the exports. */
export function withoutHosts(plan: ExportPlan, hosts: readonly string[]): ExportPlan {
  if (hosts.length === 0 || plan.offers === undefined) return plan;
  const removed = new Set(hosts);
  const offers = plan.offers.filter(({ host }) => !removed.has(host));
  const aliases = plan.aliases.filter(({ spec }) => !spec.hosts.some((host) => removed.has(host)));
  return { offers, services: toContractServices(offers), aliases };
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
function withoutConflictingAliases(
  plan: ExportPlan,
  { snapshot, lastRun, findings }: PlanContext,
  gatewayNamespace: string,
): ExportPlan {
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
  // One of the last update is ours, and has lost its label.
  const added = plan.aliases.filter(
    ({ namespace, service }) => !Object.hasOwn(lastRun.aliases, `${namespace}/${service}`),
  );
  const objects = new Set(added.map((alias) => `${alias.namespace}/${aliasObject(alias)}`));
  findings.fault(
    ...entries
      .filter(({ namespace, name }) => objects.has(`${namespace}/${name}`))
      .map((entry) => foreignObject({ ...entry, kind: "ServiceEntry" })),
  );
  const conflicts = entries.flatMap((entry) => conflictsOf(entry, wanted, gatewayNamespace));
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
 * Finds the identity of each configured peer as a contract names it: what the config expects, else what is pinned. Nothing of it is taken
 * from a contract that is not accepted, so that a peer cannot get what is meant for another one by its name.
 * @returns by the peer's name in the config; undefined while its trust domain is not known.
 */
export function importerIdentities(
  peers: StackConfig["peers"],
  pinned: Readonly<Record<string, PinnedPeer>>,
): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(peers).map(([peer, { identity }]) => {
      const known = ownValue(pinned, peer);
      const trustDomain = identity?.trustDomain ?? known?.trustDomain;
      const cluster = identity?.cluster ?? known?.cluster ?? peer;
      return [peer, trustDomain === undefined ? undefined : formatImporter({ cluster, trustDomain })];
    }),
  );
}

/** Warns of peers that some Services are exported to by name, and whose identity is not known yet. */
function unpinnedAudience(
  offers: readonly Offer[],
  identities: Readonly<Record<string, string | undefined>>,
  peers: StackConfig["peers"],
): Fault[] {
  const chosen = offers.filter(({ importers }) => importers !== undefined);
  return Object.entries(peers).flatMap(([peer, { stack }]) => {
    if (ownValue(identities, peer) !== undefined) return [];
    const hosts = chosen.filter(({ audience }) => audience.includes(peer)).map(({ host }) => host);
    if (hosts.length === 0) return [];
    const path = pathOf("peers", peer);
    const rule = `is not pinned yet, so ${count(hosts.length)} service(s) that are exported to chosen peers are not offered to it (${firstNames(hosts)})`;
    const remedy =
      `Run \`pulumi up\` on stack ${stack}, then here, or state its trust domain: ` +
      settingCommand(`${path}.identity.trustDomain`, "<its trust domain>");
    return [{ path, rule, remedy }];
  });
}
