import { planAccess } from "./access/accessPlan.ts";
import type { AuthorizationPolicy } from "./access/authorizationPolicy.ts";
import { type InstalledAuthority, planAuthority, planExisting } from "./authority/authority.ts";
import { validateAnchorNames } from "./authority/provided.ts";
import { WITHOUT_ROOT_KEY } from "./authority/providedFaults.ts";
import { checkUnconstrained, constrainedPeers } from "./authority/unconstrained.ts";
import type { StackConfig } from "./config/stackConfig.ts";
import { pathOf } from "./core/fault.ts";
import { keysWarning } from "./core/stackKind.ts";
import { type ContractStackReading, contractStackNotes } from "./ownContractStack.ts";
import { identityChanges } from "./contract/identity.ts";
import type { ContractImports } from "./contract/imports.ts";
import type { ContractService } from "./contract/service.ts";
import type { GatewayAddress } from "./core/address.ts";
import { type GatewayPlace, gatewayPlace } from "./core/gatewayPlace.ts";
import type { Findings } from "./core/findings.ts";
import { helmReleaseFaults, unownedCrdWarnings } from "./core/helmReleases.ts";
import { existingObjectFindings } from "./core/installation.ts";
import { mapRecord, ownValue, sortedUnique } from "./core/order.ts";
import { unownedObjectFindings } from "./helm/chartObjects.ts";
import type { ExportAlias } from "./exports/alias.ts";
import {
  type ExportPlan,
  exportChanges,
  importerIdentities,
  planExports,
  withoutHosts,
} from "./exports/exportPlan.ts";
import type { GatewayListeners } from "./exports/gatewayListeners.ts";
import { type ImportedBy, findImporters } from "./exports/importedBy.ts";
import { type RestrictedCallers, checkWithdrawals, restrictedCallers } from "./access/withdrawals.ts";
import { reviewContract } from "./ownContract.ts";
import { type EditedObject, findDeleted, findEdited } from "./editedObjects.ts";
import { checkRevisionUsers } from "./revisions.ts";
import { findUndeclared } from "./undeclaredObjects.ts";
import {
  type PublishPlan,
  checkPublication,
  planPublication,
  publishDeclaration,
} from "./publish/publishPlan.ts";
import { ownMesh } from "./exports/localMesh.ts";
import { type ExistingMesh, validateInstalled } from "./existing/existingMesh.ts";
import { type JoinPlan, type MeshUse, joinedMesh, planJoin } from "./existing/joinPlan.ts";
import { checkClientRules } from "./imports/clientRules.ts";
import { checkLeftovers } from "./imports/leftovers.ts";
import { type RegisteredDigests, digestImports } from "./imports/registeredHosts.ts";
import { publishedImports } from "./imports/publishedImports.ts";
import { visibleTo } from "./imports/import.ts";
import type { ContractReading } from "./imports/registration.ts";
import type { LastRun } from "./lastRun.ts";
import { withTrafficObjects } from "./meshObjects.ts";
import { type Snapshot, checkReadings, optional, required, toContractReading } from "./snapshot.ts";
import { type Connection, TOPOLOGY_PLANNERS } from "./topology/topologies.ts";
import { type TrafficPlan, planTraffic } from "./traffic/trafficPlan.ts";
import { expiryWarnings } from "./trust/expiry.ts";
import type { PinnedPeer, SeenContract } from "./trust/pinnedPeer.ts";
import type { TrustOfPeer } from "./trust/trustOfPeer.ts";

/** Input of every part of a plan. */
export interface PlanContext {
  config: StackConfig;
  snapshot: Snapshot;
  lastRun: LastRun;
  /** Outputs of each peer's stack, by the peer's name; not yet validated. */
  peers: Readonly<Record<string, ContractReading>>;
  findings: Findings;
  /** Paths of faulty parts of the config, which have their defaults or are left out. */
  skipped: readonly string[];
}

/** A cluster as it is to be declared. */
export interface ClusterPlan {
  kind: "cluster";
  config: StackConfig;
  authority: InstalledAuthority | JoinPlan;
  gateway: GatewayPlan;
  /** Contract of the last update; undefined before the first one. */
  lastContract: SeenContract | undefined;
  /** Exported services as the contract has them, by host name. */
  services: Record<string, ContractService>;
  /** Imported services as the contract has them. */
  imports: ContractImports;
  /** Exported services that peers import. */
  importedBy: ImportedBy;
  /** Digests of imported services. */
  registered: RegisteredDigests;
  /** Callers to whom rules restrict exported services. */
  callers: RestrictedCallers;
  /** ServiceEntries of aliased exports. */
  aliases: readonly ExportAlias[];
  /** AuthorizationPolicies that restrict callers of exported services. */
  policies: readonly AuthorizationPolicy[];
  /** Peers that are trusted, by their names; sorted. */
  pinned: Readonly<Record<string, PinnedPeer>>;
  /** How each of them is trusted. */
  trust: Readonly<Record<string, TrustOfPeer>>;
  /** Versions of Istio, sorted; empty where they are not known. */
  istioVersions: readonly string[];
  /** Connection to the peers, by the topology. */
  connection: Connection;
  /** Objects of this stack that others edited. */
  edited: readonly EditedObject[];
  /** Outputs of the contract stack when the plan was made; undefined where the config names none. */
  contractStack: ContractStackReading | undefined;
  /** Gateway that serves the contract; undefined without one. */
  publish: PublishPlan | undefined;
  /** Pods that take part, or move from the former revision, after a restart, as `namespace/name`; undefined where none can. */
  restarts: readonly string[] | undefined;
  /** Whether there are Deckhouse clusters among the peers, to which this cluster needs an identity. */
  hasDeckhousePeers: boolean;
  traffic: TrafficPlan;
}

/** The east-west gateway. */
export interface GatewayPlan extends GatewayListeners {
  place: GatewayPlace;
  /** Addresses in the snapshot; undefined when the cluster was unreachable or the config names them. */
  observed: readonly GatewayAddress[] | undefined;
}

/** A cluster waiting for its intermediate under a shared root: only its key and its signing request are declared. */
export interface WaitingPlan {
  kind: "waiting";
  config: StackConfig;
  /** Number of the intermediate's key. */
  intermediate: number;
  /** As in {@link ClusterPlan}. */
  contractStack: ContractStackReading | undefined;
}

/**
 * Plans a cluster: pure, so that a preview and an update of the same snapshot are one.
 * @param lastRun undefined when it cannot be read: then only what could not be read is checked.
 * @param skipped faulty sections of the config, which have their defaults: nothing is reported that follows from these.
 * @param findings gets the faults of all parts at once, warnings and notes.
 * @returns undefined when there is a fault.
 */
export function planCluster(
  config: StackConfig,
  snapshot: Snapshot,
  lastRun: LastRun | undefined,
  findings: Findings,
  skipped: readonly string[] = [],
): ClusterPlan | WaitingPlan | undefined {
  if (lastRun === undefined) {
    checkReadings(snapshot, Object.values(snapshot.peers), findings);
    return undefined;
  }
  const peers = mapRecord(snapshot.peers, toContractReading);
  findings.warn(
    ...keyStackWarnings(config, snapshot, peers),
    ...contractStackNotes(config, snapshot, lastRun),
  );
  const gateways = skipped.some((path) => path.startsWith("allowGatewayAddresses"))
    ? { ...config, allowGatewayAddresses: EVERYWHERE }
    : config;
  const context = { config: gateways, snapshot, lastRun, peers, findings, skipped };
  const mesh = validateInstalled(context);
  if (config.istio.existing !== undefined && mesh === undefined) {
    checkReadings(snapshot, Object.values(snapshot.peers), findings);
    return undefined;
  }
  findings.fault(...identityChanges(lastRun.contract, config));
  findings.warn(
    ...expiryWarnings(lastRun.certificates, config.certificateAuthority.expiryWarningDays, snapshot.now),
  );
  const isFaulty = skipped.includes("certificateAuthority");
  // Only provided certificates of a faulty section are validated.
  const found =
    mesh !== undefined
      ? planExisting(context, mesh.rootCertificates)
      : isFaulty && config.certificateAuthority.source !== "provided"
        ? undefined
        : planAuthority(context);
  const authority = isFaulty ? undefined : found;
  if (authority?.source === "awaited") {
    const needed = Object.entries(snapshot.peers).filter(([peer]) => config.peers[peer]?.required === true);
    checkReadings(
      snapshot,
      needed.map(([, reading]) => reading),
      findings,
    );
    // Better known now than when the certificate is there, and Istio cannot be installed.
    checkLeftovers(context);
    checkInstallation(context, true);
    return findings.faults.length > 0
      ? undefined
      : {
          kind: "waiting",
          config,
          intermediate: authority.intermediate,
          contractStack: snapshot.contractStack,
        };
  }
  const topology = TOPOLOGY_PLANNERS[config.topology];
  const { connection, pinned } = topology.connect(context, authority);
  const local = mesh === undefined ? ownMesh(config.gateway.values) : joinedMesh(mesh);
  if (connection?.kind === "imports") checkClientRules(context, connection.peers, local);
  const withOwn = { ...context, snapshot: withTrafficObjects(snapshot) };
  const { gateway } = snapshot.cluster;
  const addresses = "value" in gateway ? gateway.value : [];
  const imports = connection?.kind === "imports" ? publishedImports(connection.peers, context) : {};
  const offered = reviewContract(context, planExports(withOwn, pinned, local), addresses, imports);
  const access = planAccess(withOwn, offered, pinned, local);
  const exports = withoutHosts(offered, access.unenforceable);
  const importers = findImporters(connection?.kind === "imports" ? connection.peers : {}, context);
  checkWithdrawals(context, exports, importers, importerIdentities(config.peers, pinned));
  const observed = required(gateway, findings);
  const publish = planPublication(context, pinned);
  const traffic = planTraffic(context, connection, local.rootNamespace);
  checkPublication(context, publish, { services: exports.services, imports }, addresses);
  checkInstallation(context, false);
  const moving = checkRevisionUsers(context);
  if (authority !== undefined) checkUnconstrained(config, authority, pinned, findings);
  if (authority?.source === "provided")
    findings.fault(...validateAnchorNames(authority.authority, pinned, WITHOUT_ROOT_KEY.own));
  if (authority?.source === "existing")
    findings.fault(...validateAnchorNames(authority, pinned, WITHOUT_ROOT_KEY.existing));
  findings.note(...exportChanges(exports, lastRun.contract?.services ?? {}));
  const place = gatewayPlace(config.gateway);
  const listeners = topology.listeners(config, exports.services);
  const { policies } = access;
  const { aliases, services } = exports;
  const unchecked = "others edited objects of this stack";
  const own = optional(snapshot.cluster.ownObjects, undefined, unchecked, findings) ?? [];
  const declarations = {
    ...{ gateway: place, listeners, bind: config.gateway.bind, policies, aliases },
    publish: publishDeclaration(publish, lastRun, snapshot.outputs),
    isStrict: mesh === undefined,
  };
  const { undeclared, warnings: leftBehind } = findUndeclared(own, declarations, lastRun);
  const declared = own.filter((object) => !undeclared.includes(object));
  const { edited, warnings } = findEdited(declared, declarations, lastRun);
  findings.warn(...warnings, ...leftBehind);
  if ("value" in snapshot.cluster.ownObjects) findings.warn(...findDeleted(declared, declarations, lastRun));
  const planned =
    authority?.source === "existing"
      ? mesh && planJoin(authority, mesh, meshUse(exports, connection, config), pinned, context)
      : authority;
  if (findings.faults.length > 0 || planned === undefined || connection === undefined) return undefined;
  return {
    kind: "cluster",
    config,
    authority: planned,
    gateway: {
      ...{ ...listeners, place },
      observed: config.gateway.advertise === undefined ? observed : undefined,
    },
    lastContract: lastRun.published,
    services,
    imports,
    importedBy: importers.remembered,
    registered: digestImports(connection.kind === "imports" ? connection.peers : {}, context),
    callers: restrictedCallers(exports) ?? lastRun.callers,
    aliases,
    policies,
    pinned,
    trust: trustOf(constrainedPeers(planned, pinned), config),
    istioVersions: sortedUnique(istioVersions(config, mesh)),
    connection,
    edited,
    publish,
    contractStack: snapshot.contractStack,
    traffic,
    restarts: planned.source === "existing" ? planned.restarts : moving,
    hasDeckhousePeers: Object.values(config.peers).some(({ deckhouse }) => deckhouse !== undefined),
  };
}

/** Warns of stacks of other teams that hold keys. A single mesh needs the secret outputs of its clusters' stacks. */
function keyStackWarnings(
  { certificateAuthority, peers, topology }: StackConfig,
  { sharedRoot }: Snapshot,
  readings: Readonly<Record<string, ContractReading>>,
): string[] {
  if (topology === "single-mesh") return [];
  const root = sharedRoot !== undefined && "value" in sharedRoot ? sharedRoot.value : undefined;
  const isOfKeys = root !== undefined && "outputs" in root && root.kind === "keys";
  return [
    ...(isOfKeys
      ? [keysWarning("certificateAuthority.shared.stack", certificateAuthority.shared?.stack ?? "")]
      : []),
    ...Object.entries(readings).flatMap(([peer, { kind }]) =>
      kind === "keys" ? [keysWarning(pathOf("peers", peer, "stack"), peers[peer]?.stack ?? "")] : [],
    ),
  ];
}

function trustOf(
  constrained: Readonly<Record<string, boolean>>,
  { peers }: Pick<StackConfig, "peers">,
): Record<string, TrustOfPeer> {
  return mapRecord(constrained, (isConstrained, peer) => {
    const { roots, signingKey } = ownValue(peers, peer)?.identity ?? {};
    const pinnedBy = roots === undefined && signingKey === undefined ? "first sight" : "config";
    return { constrained: isConstrained, pinnedBy };
  });
}

/** Versions of the Istio that this stack installs, or that it joined. */
function istioVersions({ istio }: Pick<StackConfig, "istio">, mesh: ExistingMesh | undefined): string[] {
  const own = [istio.charts, ...(istio.former === undefined ? [] : [istio.former.charts])].map(
    ({ version }) => version,
  );
  const found = mesh?.controlPlanes.map(({ controlPlane: { version } }) => version) ?? own;
  return found.filter((version) => version !== undefined);
}

/** Returns the parts of the mesh that take part: namespaces that export, and those that see imported services. */
function meshUse(
  { offers }: ExportPlan,
  connection: Connection | undefined,
  { peers }: Pick<StackConfig, "peers">,
): MeshUse {
  const registrations = connection?.kind === "imports" ? Object.values(connection.peers) : [];
  return {
    exporting: sortedUnique((offers ?? []).map(({ namespace }) => namespace)),
    importing: sortedUnique(
      registrations.flatMap(({ peer, services }) =>
        Object.values(services).flatMap((service) => visibleTo(service, peers[peer]?.exportTo ?? ["*"])),
      ),
    ),
    isFiltered: connection?.kind === "imports" && Object.keys(connection.trustDomainHosts).length > 0,
  };
}

/** Permits every gateway: none is refused for a fault in the list of those permitted. */
const EVERYWHERE = ["0.0.0.0/0", "::/0"];

/**
 * Validates that nothing is there that Helm or the API server would refuse to create. Whoever may not read it learns of it in the update.
 * @param isWaiting whether this update declares nothing in the cluster yet, and so takes nothing over.
 */
function checkInstallation(
  { config, snapshot: { cluster }, findings }: PlanContext,
  isWaiting: boolean,
): void {
  const { helm, existing } = cluster;
  if ("value" in existing) {
    const { faults, warnings } = existingObjectFindings(existing.value, config);
    findings.fault(...faults);
    if (!isWaiting) findings.warn(...warnings);
  }
  if (!("value" in helm)) return;
  findings.fault(...helmReleaseFaults(helm.value.installed, helm.value.inState));
  findings.warn(...unownedCrdWarnings(helm.value.unownedCrds));
  const { faults, warnings } = unownedObjectFindings(helm.value.unowned);
  findings.fault(...faults);
  findings.warn(...warnings);
}
