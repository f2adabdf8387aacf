import type { AuthorityPlan } from "../authority/authority.ts";
import type { StackConfig } from "../config/stackConfig.ts";
import { type Contract, readContract } from "../contract/contract.ts";
import type { ValidSignature } from "../contract/signature.ts";
import { type Fault, FaultsError, describeFault, pathOf, within } from "../core/fault.ts";
import { append, ownValue } from "../core/order.ts";
import { ownerName } from "../imports/claims.ts";
import { addressedTo, publishAgain } from "../imports/contracts.ts";
import {
  type ContractReading,
  describeSource,
  published,
  refusalError,
  stateSince,
  unreadFaults,
} from "../imports/registration.ts";
import type { LastRun } from "../lastRun.ts";
import type { PlanContext } from "../plan.ts";
import { type PeerAccess, readAccess } from "./credential.ts";
import {
  openGatewayNotes,
  meshPeerWarnings,
  readerWarnings,
  type AwaitedPeer,
  type MeshPeerState,
} from "./meshPeer.ts";
import { validatePeerTopology, commonTrustNotes, outsideRoots } from "../trust/commonTrust.ts";
import { validatePin } from "../trust/pin.ts";
import { acceptanceWarnings, senderFaults } from "../imports/sender.ts";
import { pinnable, trustsRoots } from "../trust/pinnedPeer.ts";
import { RootNames, type RootOwner } from "../trust/rootNames.ts";

/** A member with its roots: the trust domain is everybody's, so that only certificates' whole names tell members apart. */
export function memberOf(owner: string, rootCertificates: readonly string[]): RootOwner {
  return { owner, trustDomain: undefined, rootCertificates };
}

/**
 * Validates that a peer's contract fits this cluster's single mesh.
 * @param peer name in this stack's config.
 */
export function validateMembership(
  peer: string,
  contract: Contract,
  { cluster, topology, singleMesh }: StackConfig,
): Fault[] {
  const { cluster: name, clusterDomain, trustDomain, meshId } = contract;
  const faults = validatePeerTopology(contract, topology);
  if (name !== peer) {
    const rule = `is not '${peer}', the peer's name in this stack's config: in a single mesh each cluster has one name`;
    faults.push({ path: "cluster", value: name, rule, remedy: `Write peers.${name} in this stack's config` });
  }
  const shared = [
    ["clusterDomain", clusterDomain, cluster.domain],
    ["trustDomain", trustDomain, cluster.trustDomain],
    ["meshId", meshId, singleMesh?.meshId],
  ] as const;
  for (const [path, value, ours] of shared) {
    if (value === ours) continue;
    const rule = `must be '${String(ours)}', as in this cluster: the clusters of a single mesh share it`;
    faults.push({
      path,
      value,
      rule,
      remedy: "Correct the config of one of the two stacks, or remove the peer",
    });
  }
  return faults;
}

/** Outputs that a peer publishes: its contract, and its access for this cluster. */
interface Published {
  contract: Contract;
  signature: ValidSignature;
  access: PeerAccess | undefined;
}

/**
 * Decides which peers of a single mesh have joined. Its clusters have equal cluster domains, trust domains and mesh IDs, and each its own
 * name. What cannot be trusted concerns its peer alone, unless the config requires that peer.
 * @param authority undefined when it could not be planned.
 * @returns by the peer's name, sorted.
 */
export function planMeshPeers(
  context: PlanContext,
  authority: AuthorityPlan | undefined,
): Record<string, MeshPeerState> {
  const { config, snapshot, lastRun, peers: readings, findings, skipped } = context;
  const { now } = snapshot;
  const lastRoots = lastRun.contract?.rootCertificates ?? [];
  const outside = outsideRoots({ config, skipped }, authority);
  const ownRoots = outside === "unknown" ? lastRoots : outside;
  const sourceOf = (peer: string): string => describeSource(peer, config.peers[peer]);
  const { found, refusals } = readPeers(context);
  const rootsOf = rootNames(context, authority, ownRoots, found);
  const notes: string[] = [];
  for (const [peer, { contract, signature }] of Object.entries(found)) {
    const identity = ownValue(config.peers, peer)?.identity;
    const pinned = ownValue(lastRun.pinned, peer);
    const pin = validatePin(peer, contract, now, pinned, identity, ownRoots);
    const sender = { config: ownValue(config.peers, peer), pinned, ownRoots };
    const forged = pin.faults.length > 0 ? [] : senderFaults(peer, contract, signature, sender, now);
    const unfit =
      forged.length > 0
        ? forged
        : [
            ...validateMembership(peer, contract, config),
            ...rootsOf(peer).faults(ownerName(peer), contract.rootCertificates, outside),
            ...pin.faults,
          ];
    for (const fault of unfit)
      append(refusals, peer, within(pathOf("peers", peer, "contract"), addressedTo(sourceOf(peer), fault)));
    if (refusals.has(peer)) continue;
    notes.push(...pin.notes);
    findings.warn(...acceptanceWarnings(peer, signature.digest, sender));
  }
  // Roots of this stack's own count once published.
  const roots = ownRoots.length > 0 ? ownRoots : lastRoots;
  const views = Object.keys(readings)
    .sort()
    .map((peer): [string, MeshPeerState] => {
      const faults = refusals.get(peer);
      if (faults !== undefined) return [peer, refuse(peer, faults, context)];
      return [peer, viewPeer(peer, config, readings[peer], ownValue(found, peer), lastRun, roots, now)];
    });
  findings.note(...notes);
  findings.warn(
    ...views.flatMap(([peer, view]) => meshPeerWarnings(peer, view, config.peers[peer]?.stack ?? peer, now)),
    ...readerWarnings(config),
  );
  const members = Object.keys(found).filter((peer) => !refusals.has(peer));
  findings.note(...commonDomainNotes(config, members), ...openGatewayNotes(config));
  return Object.fromEntries(views);
}

/** Refuses a peer, whose last access and identity stay; it stops the run where the config requires the peer. */
function refuse(
  peer: string,
  faults: readonly Fault[],
  { config, snapshot, lastRun, findings }: PlanContext,
) {
  const since = stateSince(peer, "refused", lastRun, snapshot.now);
  if (config.peers[peer]?.required === true) findings.fault(...faults);
  else findings.error(refusalError({ peer, since }, faults, ownValue(lastRun.statuses, peer)));
  const [first] = faults;
  const known = { access: ownValue(lastRun.joined, peer), pinned: ownValue(lastRun.pinned, peer) };
  const reason = first === undefined ? "" : describeFault(first);
  return { state: "refused", reason, since, ...known } satisfies AwaitedPeer;
}

/**
 * Names of roots by which a peer's are validated. A peer that asks for the name of a known one's root is at fault alone; where two new
 * ones ask for the same, both are.
 */
function rootNames(
  { lastRun, peers }: PlanContext,
  authority: AuthorityPlan | undefined,
  ownRoots: readonly string[],
  found: Readonly<Record<string, Published>>,
): (peer: string) => RootNames {
  const settled = [
    memberOf("this cluster", [...(authority?.intermediates ?? []), ...ownRoots]),
    ...Object.entries(lastRun.pinned)
      .filter(([peer]) => Object.hasOwn(peers, peer))
      .map(([peer, { rootCertificates }]) => memberOf(ownerName(peer), rootCertificates)),
  ];
  const isKnown = (peer: string): boolean => {
    const pinned = ownValue(lastRun.pinned, peer)?.rootCertificates ?? [];
    return found[peer]?.contract.rootCertificates.every((root) => pinned.includes(root)) ?? false;
  };
  const asking = Object.keys(found).filter((peer) => !isKnown(peer));
  const known = new RootNames(settled);
  const all = new RootNames([
    ...settled,
    ...asking.map((peer) => memberOf(ownerName(peer), found[peer]?.contract.rootCertificates ?? [])),
  ]);
  return (peer) => (isKnown(peer) ? known : all);
}

function commonDomainNotes({ cluster: { trustDomain } }: StackConfig, peers: readonly string[]): string[] {
  return commonTrustNotes(Object.fromEntries(peers.map((peer) => [peer, trustDomain])), trustDomain);
}

/** Reads what the peers publish; faults of a peer have the paths of this stack's config. */
function readPeers({ config, peers: readings }: PlanContext): {
  found: Record<string, Published>;
  refusals: Map<string, Fault[]>;
} {
  const { cluster, allowGatewayAddresses, peers } = config;
  const local = { clusterDomain: cluster.domain, allowGatewayAddresses };
  const refusals = new Map<string, Fault[]>();
  const found: Record<string, Published> = {};
  for (const [peer, faults] of Object.entries(unreadFaults(readings))) refusals.set(peer, [...faults]);
  const { contracts, signatures, faults: unsigned } = published(readings);
  const addRefusal = (peer: string, part: "contract" | "access", fault: Fault): void => {
    const addressed = addressedTo(describeSource(peer, peers[peer]), fault);
    append(refusals, peer, within(pathOf("peers", peer, part), addressed));
  };
  for (const [peer, fault] of Object.entries(unsigned)) addRefusal(peer, "contract", fault);
  for (const [peer, value] of Object.entries(contracts).sort()) {
    const access = readAccess(ownValue(readings, peer)?.access, cluster.name, local);
    const unfit = access !== undefined && "faults" in access ? access.faults : [];
    for (const fault of unfit) addRefusal(peer, "access", fault);
    try {
      const { contract } = readContract(value, `contract of peer ${peer}`);
      const signature = ownValue(signatures, peer);
      if (signature === undefined) continue;
      found[peer] = {
        contract,
        signature,
        access: access === undefined || "faults" in access ? undefined : access,
      };
    } catch (error) {
      if (!(error instanceof FaultsError)) throw error;
      const remedy = publishAgain(describeSource(peer, peers[peer]));
      for (const fault of error.faults) addRefusal(peer, "contract", { ...fault, remedy });
    }
  }
  return { found, refusals };
}

function viewPeer(
  peer: string,
  { cluster, peers }: StackConfig,
  reading: ContractReading | undefined,
  found: Published | undefined,
  last: LastRun,
  ownRoots: readonly string[],
  now: Date,
): MeshPeerState {
  const stack = peers[peer]?.stack ?? peer;
  const since = stateSince(peer, "pending", last, now);
  const pinned =
    found === undefined ? ownValue(last.pinned, peer) : pinnable(found.contract, found.signature, now);
  const joined = ownValue(last.joined, peer);
  const pending = (reason: string, access: PeerAccess | undefined): AwaitedPeer => {
    return { state: "pending", reason, since, access, pinned };
  };
  if (found === undefined || pinned === undefined) {
    const reason = reading !== undefined && "pending" in reading ? reading.pending : "its stack was not read";
    // A stack that can be read and has no contract was destroyed, and the access to its cluster with it.
    return pending(reason, reading?.trustAnchors === undefined ? joined : undefined);
  }
  if (found.access === undefined) {
    if (reading?.kind === "contract")
      return pending(
        `stack ${stack} is a contract stack, which holds no credentials: name its cluster's own stack`,
        undefined,
      );
    // The engine hands out `{}` in place of a secret that it cannot decrypt.
    const other = isEmpty(reading?.access)
      ? ". If it does so already, its output `access` cannot be decrypted here: the stacks of a single mesh need one passphrase or key"
      : "";
    const reason = `stack ${stack} gives this cluster no access to its API server; have its team name ${cluster.name} under peers in its config and run \`pulumi up\`, then run it here${other}`;
    return pending(reason, undefined);
  }
  // Workloads call a peer as soon as istiod reads it: by then its workloads must trust ours. A joined peer follows by rotation's rules.
  if (joined === undefined && !trustsRoots(found.contract, reading?.trustAnchors, cluster.name, ownRoots)) {
    const first = ownRoots.length === 0 ? "this update publishes the roots; then " : "";
    const reason = `its workloads do not trust this cluster's yet; ${first}have its team run \`pulumi up\` on stack ${stack}, then run it here`;
    return pending(reason, undefined);
  }
  const isApart = found.contract.network !== cluster.network;
  // Without a gateway, istiod would route to addresses of the peer's own network.
  if (isApart && found.contract.gateways.length === 0 && joined === undefined) {
    const reason = `its east-west gateway has no address yet; run \`pulumi up\` on stack ${stack} when it has one, then here`;
    return pending(reason, undefined);
  }
  return { state: "ready", access: found.access, pinned };
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
