import type { ProvidedPems } from "./config/certificateAuthority.ts";
import type { ForeignPolicy } from "./access/foreignPolicies.ts";
import type { IstiodTrust } from "./authority/rotationStep.ts";
import type { RootReading } from "./authority/shared.ts";
import type { GatewayAddress } from "./core/address.ts";
import type { Fault } from "./core/fault.ts";
import type { Findings } from "./core/findings.ts";
import type { HelmRelease, ReleaseName } from "./core/helmReleases.ts";
import type { FoundServices, PeerAuthentication } from "./exports/clusterServices.ts";
import type { GatewayTls } from "./exports/mutualTls.ts";
import type { ForeignEntry } from "./core/hostConflict.ts";
import type { ObjectMetadata } from "./imports/leftovers.ts";
import type { ForeignService } from "./imports/localNames.ts";
import type { ContractReading } from "./imports/registration.ts";
import type { AccessFailure } from "./mesh/meshPeer.ts";
import type { Corefiles } from "./topology/globalBlock.ts";

/** One thing that was read, or the reason why it was not. */
export type Reading<T> = { value: T } | Unreachable | Forbidden | Refused;

/** No API server answers: the cluster may not exist yet. */
export interface Unreachable {
  /** A sentence. */
  unreachable: string;
}

/** The user may not read it (403). */
export interface Forbidden {
  /** What was tried, e.g. `list destinationrules`. */
  forbidden: string;
  /** For whoever cannot do without it. */
  fault: Fault;
}

/** It cannot be read for another reason, so nothing can be planned that needs it. */
export interface Refused {
  faults: readonly Fault[];
}

/** Everything that a plan needs of the world, read in one pass and not yet validated. */
export interface Snapshot {
  /** Name of this stack. */
  stack: string;
  isPreview: boolean;
  now: Date;
  /** Outputs of this stack as its last update left them; empty before the first one. */
  outputs: Reading<Readonly<Record<string, unknown>>>;
  cluster: ClusterReadings;
  /** What each configured peer publishes, by the peer's name; sorted. */
  peers: Readonly<Record<string, Reading<ContractReading>>>;
  /** What the stack of a shared root publishes; undefined with another source of the certificate authority. */
  sharedRoot: Reading<RootReading> | undefined;
  /** Certificates and keys from outside; undefined with another source of the certificate authority. */
  provided: Reading<ProvidedPems> | undefined;
  /** Undefined with another topology than `single-mesh`. */
  mesh: MeshReadings | undefined;
}

/** What was read of this stack's cluster; what the config does not need is an empty value. */
export interface ClusterReadings {
  /** Services that export rules may match, with their workloads and namespaces. */
  services: Reading<FoundServices>;
  peerAuthentications: Reading<readonly PeerAuthentication[]>;
  /** DestinationRules of others. */
  destinationRules: Reading<readonly GatewayTls[]>;
  /** AuthorizationPolicies of others. */
  authorizationPolicies: Reading<readonly ForeignPolicy[]>;
  /** ServiceEntries of others. */
  serviceEntries: Reading<readonly ForeignEntry[]>;
  /** Services of others in the namespace of the imports. */
  importNamespaceServices: Reading<readonly ForeignService[]>;
  /** Objects that this program wrote for peers that the stack neither names nor knows. */
  leftovers: Reading<readonly ObjectMetadata[]>;
  /** Addresses of the east-west gateway; empty while it has none. */
  gateway: Reading<readonly GatewayAddress[]>;
  /** Roots and signer of istiod. */
  istiod: Reading<IstiodTrust>;
  /** Corefiles of CoreDNS and of NodeLocal DNSCache. */
  corefiles: Reading<Corefiles>;
  helm: Reading<HelmReadings>;
}

/** Helm releases under the names that this program installs. */
export interface HelmReadings {
  installed: readonly HelmRelease[];
  /** Releases in this stack's state; undefined when the state cannot be read. */
  inState: readonly ReleaseName[] | undefined;
}

/** What was read for a single mesh. */
export interface MeshReadings {
  /** Certificates by which the kubeconfig knows the API server, PEM; undefined where it names none. */
  kubeconfigAuthority: Reading<string | undefined>;
  /** Why this cluster's API server cannot be used at the address that peers get; undefined when it can, or was not asked. */
  ownAccess: AccessFailure | undefined;
  /** Why a peer's API server refuses the credential that the peer published; peers that let this cluster in are not in it. */
  accessFailures: Readonly<Record<string, AccessFailure>>;
}

/** The value, of a cluster that answers; a refusal is a fault. @returns undefined without a value. */
export function required<T>(reading: Reading<T>, findings: Findings): T | undefined {
  if ("value" in reading) return reading.value;
  if ("forbidden" in reading) findings.fault(reading.fault);
  if ("faults" in reading) findings.fault(...reading.faults);
  return undefined;
}

/**
 * The value of what serves to warn and to nothing else: whoever may not read it (403) gets a warning instead.
 * @param otherwise stands for the value where there is none.
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
