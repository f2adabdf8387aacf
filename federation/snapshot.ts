import type { ContractStackReading } from "./ownContractStack.ts";
import type { ProvidedPems } from "./config/certificateAuthority.ts";
import type { ForeignPolicy } from "./access/foreignPolicies.ts";
import type { IstiodTrust } from "./authority/rotationStep.ts";
import type { RootReading } from "./authority/shared.ts";
import type { GatewayAddress } from "./core/address.ts";
import type { Fault } from "./core/fault.ts";
import type { Findings } from "./core/findings.ts";
import type { ExistingObjects } from "./core/installation.ts";
import type { HelmRelease, ReleaseName } from "./core/helmReleases.ts";
import type { OwnObject } from "./ownObjects.ts";
import type { FoundServices, PeerAuthentication } from "./exports/clusterServices.ts";
import type { FoundDestinationRule } from "./exports/destinationRules.ts";
import type { ForeignEntry } from "./core/hostConflict.ts";
import type { UnownedObject } from "./helm/chartObjects.ts";
import type { InstallationReading } from "./existing/installedIstio.ts";
import type { AmbientClients } from "./imports/ambientClients.ts";
import type { ObjectMetadata } from "./imports/leftovers.ts";
import type { ForeignService } from "./imports/localNames.ts";
import type { ContractReading } from "./imports/registration.ts";
import type { AccessFailure } from "./mesh/meshPeer.ts";
import type { ServerSecret } from "./publish/serverCertificate.ts";
import type { RevisionReadings } from "./revisions.ts";
import type { TrafficReadings } from "./traffic/trafficTargets.ts";
import type { Corefiles } from "./topology/coreDns.ts";

/** Result of one read: the value, or the reason why there is none. */
export type Reading<T> = { value: T } | Unreachable | Forbidden | Refused;

/** Reading of an API server that does not answer: the cluster may not exist yet. */
export interface Unreachable {
  /** Reason, one sentence. */
  unreachable: string;
}

/** Reading that the user has no right to (403). */
export interface Forbidden {
  /** Operation, e.g. `list destinationrules`. */
  forbidden: string;
  /** Fault for a part of the plan that needs the value. */
  fault: Fault;
}

/** Reading that failed for another reason: nothing can be planned that needs the value. */
export interface Refused {
  faults: readonly Fault[];
}

/** Everything that a plan reads, in one pass and not yet validated. */
export interface Snapshot {
  /** Name of this stack. */
  stack: string;
  isPreview: boolean;
  now: Date;
  /** Outputs of this stack as its last update left them; empty before the first one. */
  outputs: Reading<Readonly<Record<string, unknown>>>;
  cluster: ClusterReadings;
  /** Undefined for a stack without traffic objects. */
  traffic: TrafficReadings | undefined;
  /** Outputs of each configured peer, by the peer's name; sorted. */
  peers: Readonly<Record<string, Reading<ContractReading>>>;
  /** Outputs of the stack of a shared root; undefined with another source of the certificate authority. */
  sharedRoot: Reading<RootReading> | undefined;
  /** Certificates and keys from outside; undefined with another source of the certificate authority. */
  provided: Reading<ProvidedPems> | undefined;
  /** Outputs of this cluster's contract stack; undefined where the config names none. */
  contractStack: ContractStackReading | undefined;
  /** Undefined with another topology than `single-mesh`. */
  mesh: MeshReadings | undefined;
}

/** Readings of this stack's cluster; empty where the config needs none. */
export interface ClusterReadings {
  /** Services that export rules may match, with their workloads and namespaces. */
  services: Reading<FoundServices>;
  peerAuthentications: Reading<readonly PeerAuthentication[]>;
  /** DestinationRules of others. */
  destinationRules: Reading<readonly FoundDestinationRule[]>;
  /** AuthorizationPolicies of others. */
  authorizationPolicies: Reading<readonly ForeignPolicy[]>;
  /** ServiceEntries of others. */
  serviceEntries: Reading<readonly ForeignEntry[]>;
  /** Workloads in ambient mode, which cannot call imported services. */
  ambientClients: Reading<AmbientClients>;
  /** Services of others in the namespace of the imports. */
  importNamespaceServices: Reading<readonly ForeignService[]>;
  /** Objects that this program created for peers that are neither in the config nor in the last update. */
  leftovers: Reading<readonly ObjectMetadata[]>;
  /** Objects of this program that decide who is let in; empty before the first update. */
  ownObjects: Reading<readonly OwnObject[]>;
  /** TLS Secret of the gateway that serves the contract; undefined where it is not there, or nothing is served. */
  publishSecret: Reading<ServerSecret | undefined>;
  /** Addresses of the east-west gateway; empty while it has none. */
  gateway: Reading<readonly GatewayAddress[]>;
  /** Roots and signer of istiod. */
  istiod: Reading<IstiodTrust>;
  /** Corefiles of CoreDNS and of NodeLocal DNSCache. */
  corefiles: Reading<Corefiles>;
  helm: Reading<HelmReadings>;
  /** Users of revisions that workloads leave; empty with an Istio of somebody else. */
  revisions: Reading<RevisionReadings>;
  /** An Istio of somebody else; its value is undefined where this program installs its own. */
  installation: InstallationReading;
  /** Objects that an update would create and that are there already. */
  existing: Reading<ExistingObjects>;
}

/** Helm releases under the names that this program installs. */
export interface HelmReadings {
  installed: readonly HelmRelease[];
  /** Releases in this stack's state; undefined when the state cannot be read. */
  inState: readonly ReleaseName[] | undefined;
  /** Istio's CRDs that belong to no Helm release of ours, by name, while `istio-base` is not installed. */
  unownedCrds: readonly string[];
  /** Objects of the charts that belong to no release of ours, while that release is not installed. */
  unowned: readonly UnownedObject[];
}

/** Readings for a single mesh. */
export interface MeshReadings {
  /** Certificate authority of the API server in the kubeconfig, PEM; undefined without one. */
  kubeconfigAuthority: Reading<string | undefined>;
  /** Failure of this cluster's API server at the address for peers; undefined without one, or when not tried. */
  ownAccess: AccessFailure | undefined;
  /** Failures of peers' API servers with the credentials that the peers published, by the peer's name. */
  accessFailures: Readonly<Record<string, AccessFailure>>;
}

/** Returns the value of a reading; a refusal is added as a fault. @returns undefined without a value. */
export function required<T>(reading: Reading<T>, findings: Findings): T | undefined {
  if ("value" in reading) return reading.value;
  if ("forbidden" in reading) findings.fault(reading.fault);
  if ("faults" in reading) findings.fault(...reading.faults);
  return undefined;
}

/**
 * Returns the value of a reading that only serves for warnings: a missing right (403) is a warning.
 * @param otherwise value without a reading.
 * @param unchecked completes "so it is not checked whether ...".
 */
export function optional<T>(reading: Reading<T>, otherwise: T, unchecked: string, findings: Findings): T {
  if ("forbidden" in reading) {
    const rule = `may not ${reading.forbidden}, so it is not checked whether ${unchecked}`;
    const remedy = "Allow its user to do this";
    findings.warnOf([{ path: "kubeconfig.context", rule, remedy }], "rights");
    return otherwise;
  }
  return required(reading, findings) ?? otherwise;
}

/** Returns what is known of a peer: a stack that cannot be read concerns its peer alone, as a contract that cannot be trusted does. */
export function toContractReading(reading: Reading<ContractReading>): ContractReading | undefined {
  if ("value" in reading) return reading.value;
  if ("forbidden" in reading) return { unread: [reading.fault] };
  return "faults" in reading ? { unread: reading.faults } : undefined;
}

/** Adds a fault for each of these peers and every kind of object that cannot be read. */
export function checkReadings(
  { cluster, sharedRoot, provided }: Snapshot,
  peers: readonly Reading<ContractReading>[],
  findings: Findings,
): void {
  const { services, authorizationPolicies, leftovers, gateway, corefiles } = cluster;
  const others = [sharedRoot, provided].filter((reading) => reading !== undefined);
  const own = [services, authorizationPolicies, leftovers, gateway, corefiles];
  for (const reading of [...peers, ...others, ...own]) required<unknown>(reading, findings);
}
