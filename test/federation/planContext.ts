import type { AuthorityPlan } from "../../federation/authority/authority.ts";
import type { StackConfig } from "../../federation/config/stackConfig.ts";
import { FaultsError } from "../../federation/core/fault.ts";
import { Findings } from "../../federation/core/findings.ts";
import type { ContractReading, Registration } from "../../federation/imports/registration.ts";
import { planRegistrations } from "../../federation/imports/registrations.ts";
import type { LastRun } from "../../federation/lastRun.ts";
import { mapRecord } from "../../federation/core/order.ts";
import { NO_LAST_RUN } from "./samples.ts";
import { validSignature } from "./signers.ts";
import type { MeshPeerState } from "../../federation/mesh/meshPeer.ts";
import { planMeshPeers } from "../../federation/mesh/meshPeers.ts";
import type { PlanContext } from "../../federation/plan.ts";
import type { ClusterReadings, Snapshot } from "../../federation/snapshot.ts";

/** Metadata of a ConfigMap that nobody else writes. */
export const UNOWNED = { labels: {}, annotations: {}, managers: [], owners: [] };

/** A cluster that answers and has nothing. */
export const EMPTY_CLUSTER: ClusterReadings = {
  services: { value: { services: [], workloads: [], namespaces: {} } },
  peerAuthentications: { value: [] },
  destinationRules: { value: [] },
  authorizationPolicies: { value: [] },
  serviceEntries: { value: [] },
  ambientClients: { value: { namespaces: {}, pods: [] } },
  importNamespaceServices: { value: [] },
  leftovers: { value: [] },
  ownObjects: { unreachable: "not read" },
  publishSecret: { value: undefined },
  gateway: { value: [] },
  istiod: { value: { isInstalled: false, roots: undefined, signer: undefined, signedUntil: {} } },
  corefiles: { value: { coreDns: undefined, nodeLocal: undefined, metadata: UNOWNED } },
  revisions: { value: { removed: [], proxies: [], namespaces: {}, injectors: [] } },
  installation: { value: undefined },
  helm: { value: { installed: [], inState: [], unownedCrds: [], unowned: [] } },
  existing: { value: { found: [], inState: [], takesOver: false } },
};

export const NOW = new Date("2026-11-21T10:28:15.678Z");

/** Outputs of a peer; a contract without a signature gets a valid one. */
export type SampleReading = ContractReading | { contract: unknown; trustAnchors?: unknown; access?: unknown };

/** Adds a valid signature to each contract that has none. */
export function readingsOf(
  peers: Readonly<Record<string, SampleReading>>,
): Readonly<Record<string, ContractReading>> {
  return mapRecord(peers, (reading) =>
    "contract" in reading && !("signature" in reading)
      ? { ...reading, signature: validSignature(reading.contract) }
      : reading,
  );
}

/** A snapshot of an empty cluster whose peers publish these, with some of its parts replaced. */
export function snapshotOf(
  peers: Readonly<Record<string, SampleReading>> = {},
  { cluster, ...changes }: Partial<Omit<Snapshot, "cluster">> & { cluster?: Partial<ClusterReadings> } = {},
): Snapshot {
  return {
    stack: "cluster-a",
    isPreview: true,
    now: NOW,
    outputs: { value: {} },
    traffic: undefined,
    peers: Object.fromEntries(Object.entries(readingsOf(peers)).map(([peer, value]) => [peer, { value }])),
    sharedRoot: undefined,
    contractStack: undefined,
    provided: undefined,
    mesh: undefined,
    ...changes,
    cluster: { ...EMPTY_CLUSTER, ...cluster },
  };
}

/** Parts of a plan's context that a test sets; all others are empty. */
export interface Given {
  peers?: Readonly<Record<string, SampleReading>>;
  lastRun?: Partial<LastRun>;
  snapshot?: Parameters<typeof snapshotOf>[1];
}

/**
 * Runs one part of a plan.
 * @throws FaultsError with all its faults.
 */
export function runPart<T>(
  config: StackConfig,
  { peers = {}, lastRun = {}, snapshot = {} }: Given,
  part: (context: PlanContext) => T,
): { result: T; errors: string[]; warnings: string[]; notes: string[] } {
  const findings = new Findings();
  const last = { ...NO_LAST_RUN, ...lastRun };
  const result = part({
    config,
    snapshot: snapshotOf(peers, snapshot),
    lastRun: last,
    peers: readingsOf(peers),
    findings,
    skipped: [],
  });
  if (findings.faults.length > 0) throw new FaultsError("plan", findings.faults);
  const { errors, warnings, notes } = findings;
  return { result, errors, warnings, notes };
}

/** Runs a part of a plan that returns states of peers. */
function peersView<T>(
  part: (context: PlanContext, authority: AuthorityPlan | undefined) => Readonly<Record<string, T>>,
) {
  return (
    config: StackConfig,
    peers: Readonly<Record<string, SampleReading>>,
    lastRun: Partial<LastRun> = {},
    now: Date = NOW,
    authority?: AuthorityPlan,
  ): { peers: Readonly<Record<string, T>>; errors: string[]; warnings: string[]; notes: string[] } => {
    const { result, ...log } = runPart(config, { peers, lastRun, snapshot: { now } }, (context) =>
      part(context, authority),
    );
    return { peers: result, ...log };
  };
}

/** Registrations of the peers that publish these. @throws FaultsError with all faults. */
export const viewPeers = peersView<Registration>(
  (context, authority) => planRegistrations(context, authority).peers,
);

/** Peers of a single mesh that publish these. @throws FaultsError with all faults. */
export const viewMeshPeers = peersView<MeshPeerState>(planMeshPeers);
