import type { AuthorityPlan } from "../authority/authority.ts";
import type { Contract } from "../contract/contract.ts";
import { type Fault, describeFault, pathOf } from "../core/fault.ts";
import { mapRecord, ownValue, sortedRecord, sortedUnique } from "../core/order.ts";
import { count } from "../core/text.ts";
import { TRAITS } from "../core/topology.ts";
import { ofPeer, planImports } from "./contracts.ts";
import { type NamingCluster, claimOfKnown } from "./claims.ts";
import { planDeckhousePeers, withSkippedServices } from "./deckhousePeers.ts";
import { checkAmbientClients } from "./ambientClients.ts";
import { checkForeignHosts } from "./hostConflicts.ts";
import { type Leftover, planLeftovers } from "./leftovers.ts";
import type { ImportChoice } from "./importChoice.ts";
import { checkForeignServices, checkLocalServicesLimit } from "./localNames.ts";
import type { PlanContext } from "../plan.ts";
import {
  NOTHING_OFFERED,
  type PeerStatus,
  type Registration,
  describeSource,
  published,
  refusalError,
  removalNote,
  registrationWarnings,
  stateSince,
  unreadFaults,
} from "./registration.ts";
import {
  type OutsideRoots,
  commonTrustNotes,
  unnamedTrustNotes,
  outsideRoots,
} from "../trust/commonTrust.ts";
import { type TrustDomainHosts, planTrustDomainHosts, trustDomainWarnings } from "./trustDomainFilter.ts";
import { validatePin, type PinComparison } from "../trust/pin.ts";
import { type KnownSender, acceptanceWarnings, senderFaults } from "./sender.ts";
import { type ContractOrigin, type PinnedPeer, pinnable } from "../trust/pinnedPeer.ts";
import { chooseFromPeers } from "./peerChoices.ts";

/** Peers of a federation, and their registrations. */
export interface ImportConnection {
  kind: "imports";
  /** By the peer's name, sorted. */
  peers: Readonly<Record<string, Registration>>;
  /** Peers that the last update knew and the config does not name any more, sorted: their registrations are removed. */
  formerPeers: readonly string[];
  /** Objects to remove, by the name of a peer that this stack neither names nor knows. */
  leftovers: Readonly<Record<string, Leftover>>;
  /** Hosts without identities, by the peer's name; sorted. */
  trustDomainHosts: Readonly<Record<string, TrustDomainHosts>>;
  /** Server block for the cluster's CoreDNS; undefined where the config asks for none. */
  globalBlock: string | undefined;
}

/**
 * Decides which peers are ready, pending or refused, and what is registered of each. A contract that cannot be read or trusted as a
 * whole concerns its peer alone, unless the config requires that peer.
 * @param authority undefined when it could not be planned.
 */
export function planRegistrations(
  context: PlanContext,
  authority: AuthorityPlan | undefined,
): Omit<ImportConnection, "globalBlock"> {
  const { config, snapshot, lastRun, peers: readings, findings } = context;
  const local = namingCluster(context, authority);
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
  const { contracts, signatures, faults: unsigned } = published(readings);
  const deckhouse = planDeckhousePeers(context);
  const originOf = (peer: string): ContractOrigin | undefined => {
    const unsignedPeer = ownValue(deckhouse.found, peer);
    return unsignedPeer === undefined ? ownValue(signatures, peer) : { deckhouse: unsignedPeer.pin };
  };
  const senderOf = (peer: string): KnownSender => ({
    config: ownValue(config.peers, peer),
    pinned: ownValue(lastRun.pinned, peer),
    ownRoots,
  });
  const verify = (peer: string, contract: Contract): Fault[] => {
    const signature = ownValue(signatures, peer);
    // A changed root is one fault: what is signed under it is not another. A Deckhouse cluster signs nothing.
    if (signature === undefined || pinOf(peer, contract).faults.length > 0) return [];
    return senderFaults(peer, contract, signature, senderOf(peer), snapshot.now);
  };
  const sources = mapRecord(config.peers, (each, peer) => describeSource(peer, each));
  const planned = planImports(
    {
      ...local,
      allowGatewayAddresses: config.allowGatewayAddresses,
      sources,
    },
    { ...contracts, ...mapRecord(deckhouse.found, ({ contract }) => contract) },
    Object.entries(lastRun.pinned).flatMap(([name, pinned]) => {
      const reading = ownValue(readings, name);
      return reading === undefined ? [] : [claimOfKnown(name, pinned, "pending" in reading, local)];
    }),
    {
      verify,
      validate: (peer, contract) => [
        ...(ownValue(deckhouse.found, peer)?.pinFaults ?? []),
        ...pinOf(peer, contract).faults,
      ],
    },
  );
  const offered = mapRecord(planned.imports, (each, peer) => {
    const converted = ownValue(deckhouse.found, peer);
    return converted === undefined ? each : withSkippedServices(each, converted, sources);
  });
  // No rule is wrong while a peer's services are not known.
  const choosing = mapRecord(config.peers, (each, peer) =>
    ownValue(deckhouse.found, peer)?.pending === undefined ? each : { ...each, imports: undefined },
  );
  const { choices, faults, errors, warnings } = chooseFromPeers(offered, { ...config, peers: choosing });
  const unread = Object.entries(unreadFaults(readings)).flatMap(([peer, each]) =>
    each.map((fault) => ({ ...fault, peer })),
  );
  const refused = [
    ...unread,
    ...Object.entries(unsigned).map(([peer, fault]) => ofPeer(peer, fault, { sources })),
    ...Object.entries(deckhouse.faults).flatMap(([peer, each]) =>
      each.map((fault) => ofPeer(peer, fault, { sources })),
    ),
    ...planned.faults,
  ];
  const refusals = Map.groupBy(refused, ({ peer }) => peer);
  const stopping = refused.filter(({ peer }) => ownValue(config.peers, peer)?.required === true);
  findings.fault(...stopping, ...faults);

  const registrations = Object.entries(readings).flatMap(([peer, reading]): Registration[] => {
    const last = ownValue(lastRun.statuses, peer);
    const since = (state: PeerStatus["state"]) => stateSince(peer, state, lastRun, snapshot.now);
    const choice = ownValue(choices, peer);
    const origin = originOf(peer);
    if (choice !== undefined && origin !== undefined) {
      const pinned = pinnable(choice.contract, origin, snapshot.now);
      const source = describeSource(peer, config.peers[peer]);
      const reason =
        ownValue(deckhouse.found, peer)?.pending ??
        whyPending(choice, source, last?.imported ?? 0, "deckhouse" in origin);
      return [registrationOf(choice, pinned, reason, since)];
    }
    const pinned = ownValue(lastRun.pinned, peer);
    const held = { peer, pinned, heldSince: since("held"), ...NOTHING_OFFERED };
    if ("pending" in reading)
      return [{ ...held, state: "pending", reason: reading.pending, since: since("pending") }];
    const [first] = refusals.get(peer) ?? [];
    if (first === undefined) return [];
    return [{ ...held, state: "refused", reason: describeFault(first), since: since("refused") }];
  });
  const peers = sortedRecord(registrations.map((each) => [each.peer, each] as const));
  findings.warn(
    ...registrations.flatMap((each) =>
      registrationWarnings(each, config, ownValue(lastRun.statuses, each.peer)),
    ),
    ...Object.keys(choices).flatMap((peer) =>
      acceptanceWarnings(peer, ownValue(signatures, peer)?.digest ?? "", senderOf(peer)),
    ),
    ...warnings,
    ...deckhouse.warnings,
  );
  findings.error(
    ...errors,
    ...registrations
      .filter(({ peer, state }) => state === "refused" && config.peers[peer]?.required !== true)
      .map((each) =>
        refusalError(each, refusals.get(each.peer) ?? [], ownValue(lastRun.statuses, each.peer)),
      ),
  );
  const trustDomains = registrations.flatMap(({ peer, pinned }) =>
    pinned === undefined ? [] : [[peer, pinned.trustDomain] as const],
  );
  findings.note(
    ...Object.entries(choices).flatMap(([peer, { contract }]) => pinOf(peer, contract).notes),
    ...deckhouse.notes,
    ...commonTrustNotes(Object.fromEntries(trustDomains), config.cluster.trustDomain),
    ...unnamedTrustNotes(config, trustDomains),
  );
  const agreed = withoutHeld(
    peers,
    Object.values(choices).flatMap(({ heldNames }) => heldNames),
  );
  const free = withoutHeld(agreed, [
    ...checkForeignHosts(context, agreed),
    ...checkForeignServices(context, agreed),
  ]);
  checkAmbientClients(context, peers);
  const formerPeers = sortedUnique(Object.keys(lastRun.statuses)).filter(
    (name) => !Object.hasOwn(config.peers, name),
  );
  findings.note(...formerPeers.map((peer) => removalNote(peer, lastRun.statuses[peer]?.imported ?? 0)));
  const registered = withoutHeld(free, checkLocalServicesLimit(context, free));
  const trustDomainHosts = planTrustDomainHosts(registered, config, lastRun);
  findings.warn(...trustDomainWarnings(trustDomainHosts));
  return {
    kind: "imports",
    peers: registered,
    trustDomainHosts,
    formerPeers,
    leftovers: planLeftovers(context),
  };
}

/** Holds hosts at all peers: another peer may have registered a host of several peers. */
function withoutHeld(
  peers: Readonly<Record<string, Registration>>,
  hosts: readonly string[],
): Readonly<Record<string, Registration>> {
  if (hosts.length === 0) return peers;
  const held = new Set(hosts);
  return mapRecord(peers, (each) => {
    const services = Object.entries(each.services).filter(([host]) => !held.has(host));
    const heldNames = sortedUnique([...each.heldNames, ...held]);
    return { ...each, services: sortedRecord(services), heldNames };
  });
}

/** This cluster, as far as names and roots of peers are compared with its own. */
function namingCluster(
  { config, skipped }: PlanContext,
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
    ownRoots: outsideRoots({ config, skipped }, authority),
    // With another topology no peer registers our services under these.
    meshDomain: TRAITS[topology].names.includes("mesh") ? meshDomain : undefined,
    domains,
    names: mapRecord(peers, ({ names }) => names),
  };
}

/**
 * Explains why a peer is pending though its contract is there; undefined when it is not.
 * @param source of the contract, e.g. `stack cluster-b`.
 * @param imported number of its services that are registered here.
 * @param mayEmpty whether an empty list of services removes them all, once that is accepted: a Deckhouse cluster writes none while it has an error.
 */
function whyPending(
  choice: ImportChoice,
  source: string,
  imported: number,
  mayEmpty: boolean,
): string | undefined {
  if (choice.gateways.length === 0) {
    return `its east-west gateway has no address yet; run \`pulumi up\` here again once its contract in ${source} has one`;
  }
  // An export list that was emptied by mistake, or all of whose services are refused, must not cut everybody off.
  if (Object.keys(choice.services).length > 0 || imported === 0 || choice.elsewhere > 0) return undefined;
  if (mayEmpty && choice.passedOver === 0 && choice.refusedHosts.length === 0) return undefined;
  return choice.passedOver === 0
    ? "its contract offers this cluster nothing any more that can be imported"
    : `the rules in ${pathOf("peers", choice.peer, "imports")} import none of the ${count(choice.passedOver)} service(s) that it offers`;
}

function registrationOf(
  { peer, gateways, services, refused, refusedHosts, heldNames, contract }: ImportChoice,
  pinned: PinnedPeer,
  reason: string | undefined,
  since: (state: PeerStatus["state"]) => string,
): Registration {
  const heldSince = since("held");
  const found = { peer, gateways, refused, refusedHosts, heldNames, contract, pinned, heldSince };
  return reason === undefined
    ? { ...found, state: "ready", reason: "", since: "", services }
    : { ...found, state: "pending", reason, since: since("pending"), services: {} };
}
