import type { AuthorityPlan } from "../authority/authority.ts";
import { type StackConfig } from "../config/stackConfig.ts";
import { type Contract } from "../contract/contract.ts";
import { count } from "../core/change.ts";
import { type Fault, describeFaults, pathOf } from "../core/fault.ts";
import { refuseExtraName } from "../core/nameTemplate.ts";
import { ownValue, sortedRecord, sortedUnique } from "../core/order.ts";
import { utc } from "../core/text.ts";
import { TRAITS } from "../core/topology.ts";
import { type PeerImports, planImports } from "./contracts.ts";
import { type NamingCluster, claimOfPending, peerNamesOf } from "./domains.ts";
import { checkForeignHosts } from "./hostConflicts.ts";
import { type Leftover, planLeftovers } from "./leftovers.ts";
import { type ChosenPeer, chooseImports } from "./importChoice.ts";
import { checkForeignServices, nameLocalServices } from "./localNames.ts";
import { noteNames } from "./peerNames.ts";
import type { PlanContext } from "../plan.ts";
import { warningsOf, type PeerView, published } from "./registration.ts";
import { shareNames } from "./sharedHosts.ts";
import {
  type OutsideRoots,
  commonTrustNotes,
  unnamedTrustNotes,
  outsideRoots,
} from "../trust/commonTrust.ts";
import { validatePin, type PinComparison } from "../trust/pin.ts";
import { type PinnedPeer, pinnable } from "../trust/pinnedPeer.ts";

/** What is left of a plan when the stack's rules have chosen. */
export interface ChosenImports {
  /** By peer, sorted. */
  imports: Record<string, ChosenPeer>;
  /** What contradicts what the peers offer, or one another. */
  faults: Fault[];
  /** Of rules that decide nothing, names that peers do not serve though they could, and services that cannot have a local Service. */
  warnings: string[];
}

/**
 * Chooses what to import of each peer by the rules of the stack's config, and who serves the names that several of them have; names their local
 * Services, where the config asks for these.
 * @param planned what there is to choose from, by peer.
 */
export function chooseFromPeers(
  planned: Readonly<Record<string, PeerImports>>,
  { cluster, peers, dns }: Pick<StackConfig, "cluster" | "peers" | "dns">,
): ChosenImports {
  const ours = [cluster.domain, ...cluster.domains];
  const choices = Object.entries(planned).map(([peer, found]) => {
    const theirs = domainsOfOthers(planned, peer);
    const refuse = (name: string): string | undefined => refuseExtraName(name, ours, theirs);
    return chooseImports(found, ownValue(peers, peer) ?? {}, refuse);
  });
  const shared = shareNames(choices);
  const givenAt = new Map(choices.map((choice) => [choice.imports.peer, choice.givenAt]));
  const named = nameLocalServices(
    shared.imports,
    (peer, host) => givenAt.get(peer)?.has(host) === true,
    dns?.services,
  );
  return {
    imports: Object.fromEntries(named.imports.map((imports) => [imports.peer, imports])),
    faults: [...choices.flatMap(({ faults }) => faults), ...shared.faults, ...named.faults],
    warnings: [
      ...describeFaults(
        choices.flatMap((choice) => choice.warnings),
        "rules of imports that decide nothing",
      ),
      ...describeFaults(shared.warnings, "warnings about names that several peers have"),
      ...describeFaults(named.warnings, "imported services without a local Service"),
    ],
  };
}

/** Names in them are found with their peer alone, so that they never move. */
function domainsOfOthers(
  planned: Readonly<Record<string, PeerImports>>,
  peer: string,
): Record<string, string> {
  const others = Object.entries(planned).filter(([name]) => name !== peer);
  return Object.fromEntries(
    others.flatMap(
      ([
        name,
        {
          contract: { clusterDomain, meshDomain, domains = [] },
        },
      ]) =>
        [clusterDomain, meshDomain, ...domains].flatMap((domain) =>
          domain === undefined ? [] : [[domain, `peer ${name}`] as const],
        ),
    ),
  );
}
/** Peers of a federation, and what is registered here of each. */
export interface ImportConnection {
  kind: "imports";
  /** By the peer's name, sorted. */
  peers: Readonly<Record<string, PeerView>>;
  /** Peers that the last update knew and the config does not name any more, sorted: their registrations are removed. */
  formerPeers: readonly string[];
  /** Objects to remove, by the name of a peer that this stack neither names nor knows. */
  leftovers: Readonly<Record<string, Leftover>>;
  /** Server block for the cluster's CoreDNS; undefined where the config asks for none. */
  globalBlock: string | undefined;
}

/**
 * Decides who of the peers is ready, who is pending, and what is registered here of each. A contract that cannot be trusted as a whole is
 * a fault of its peer alone.
 * @param authority undefined when it could not be planned.
 */
export function planRegistrations(
  context: PlanContext,
  authority: AuthorityPlan | undefined,
): Omit<ImportConnection, "globalBlock"> {
  const { config, snapshot, lastRun, peers: readings, findings } = context;
  const local = namingCluster(config, authority);
  const ownRoots = local.ownRoots === "unknown" ? (lastRun.contract?.rootCertificates ?? []) : local.ownRoots;
  const pins = new Map<string, PinComparison>();
  const pinOf = (peer: string, contract: Contract): PinComparison => {
    const identity = ownValue(config.peers, peer)?.identity;
    const pin =
      pins.get(peer) ??
      validatePin(peer, contract, snapshot.now, ownValue(lastRun.pinned, peer), identity, ownRoots);
    pins.set(peer, pin);
    return pin;
  };
  const planned = planImports(
    { ...local, allowGatewayAddresses: config.allowGatewayAddresses },
    published(readings),
    Object.entries(lastRun.pinned).flatMap(([name, pinned]) => {
      const reading = ownValue(readings, name);
      return reading === undefined || "contract" in reading ? [] : [claimOfPending(name, pinned, local)];
    }),
    (peer, contract) => pinOf(peer, contract).faults,
  );
  const { imports, faults, warnings } = chooseFromPeers(planned.imports, config);
  findings.fault(...planned.faults, ...faults);

  const views = Object.entries(readings).flatMap(([name, reading]): [string, PeerView][] => {
    const known = ownValue(lastRun.statuses, name);
    const since = known?.state === "pending" && known.since !== "" ? known.since : utc(snapshot.now);
    const found = ownValue(imports, name);
    if (found !== undefined) {
      const stack = config.peers[name]?.stack ?? name;
      const pinned = pinnable(found.contract, snapshot.now);
      return [[name, viewContract(found, pinned, stack, known?.imported ?? 0, since)]];
    }
    // A contract with faults: the run stops.
    if (!("pending" in reading)) return [];
    const pinned = ownValue(lastRun.pinned, name);
    return [[name, { state: "pending", reason: reading.pending, since, gateways: [], pinned }]];
  });
  const peers = sortedRecord(views);
  findings.warn(
    ...views.flatMap(([name, view]) => warningsOf(name, view, config, ownValue(lastRun.statuses, name))),
    ...warnings,
  );
  const trustDomains = views.flatMap(([name, { pinned }]) =>
    pinned === undefined ? [] : [[name, pinned.trustDomain] as const],
  );
  findings.note(
    ...Object.entries(imports).flatMap(([peer, { contract }]) => pinOf(peer, contract).notes),
    ...Object.entries(imports).flatMap(([peer, { contract }]) =>
      noteNames(peer, peerNamesOf(peer, contract, local), contract, ownValue(lastRun.pinned, peer)),
    ),
    ...commonTrustNotes(Object.fromEntries(trustDomains), config.cluster.trustDomain),
    ...unnamedTrustNotes(config, trustDomains),
  );
  checkForeignHosts(context, peers);
  checkForeignServices(context, peers);
  return {
    kind: "imports",
    peers,
    formerPeers: sortedUnique(Object.keys(lastRun.statuses)).filter(
      (name) => !Object.hasOwn(config.peers, name),
    ),
    leftovers: planLeftovers(context),
  };
}

/** This cluster, as far as names and roots of peers are compared with its own. */
function namingCluster(
  config: StackConfig,
  authority: AuthorityPlan | undefined,
): NamingCluster & { cluster: string; ownRoots: OutsideRoots } {
  const { cluster, topology, peers } = config;
  const { name, domain: clusterDomain, meshDomain, domains, trustDomain } = cluster;
  const { roots, intermediates } = authority ?? { roots: [], intermediates: [] };
  return {
    cluster: name,
    clusterDomain,
    trustDomain,
    topology,
    rootCertificates: [...intermediates, ...roots],
    ownRoots: outsideRoots(config, authority),
    ...(TRAITS[topology].names.includes("mesh") ? { meshDomain, domains } : {}),
    names: sortedRecord(
      Object.entries(peers).flatMap(([peer, { names }]) =>
        names === undefined ? [] : [[peer, names] as const],
      ),
    ),
  };
}

/** @param imported how many of its services are registered here. */
function viewContract(
  imports: ChosenPeer,
  pinned: PinnedPeer,
  stack: string,
  imported: number,
  since: string,
): PeerView {
  const { gateways, services } = imports;
  if (gateways.length === 0) {
    const reason = `its east-west gateway has no address yet; run \`pulumi up\` on stack ${stack} when it has one, then here`;
    return { state: "pending", reason, since, gateways, pinned };
  }
  // An export list that was emptied by mistake, or all of whose services are refused, must not cut everybody off.
  if (Object.keys(services).length === 0 && imported > 0 && imports.elsewhere === undefined) {
    const reason =
      imports.passedOver === undefined
        ? "its contract offers this cluster nothing any more that can be imported"
        : `the rules in ${pathOf("peers", imports.peer, "imports")} import none of the ${count(imports.passedOver)} service(s) that it offers`;
    return { state: "pending", reason, since, gateways, pinned };
  }
  return { state: "ready", imports, pinned };
}
