import * as pulumi from "@pulumi/pulumi";
import { CallerPolicies } from "./callerPolicies.ts";
import { CertificateAuthority } from "./certificateAuthority.ts";
import { clusterProvider, namespace } from "./clusterAccess.ts";
import { EastWestGateway } from "./eastWestGateway.ts";
import { ExportAliases } from "./exportAliases.ts";
import { IstioControlPlane } from "./istioControlPlane.ts";
import { reportCertificates, trustPeers } from "./peerTrust.ts";
import { importFromPeers } from "./peers.ts";
import { publishedContract } from "./publishedContract.ts";
import { type JoinedMesh, type SingleMeshArgs, joinMesh, networkGateway } from "./singleMesh.ts";
import { stubNames } from "./stubbedNames.ts";
import { type PublishedPolicies, publishPolicies } from "../federation/access/policies.ts";
import type { AuthorizationPolicy } from "../federation/access/policy.ts";
import type { RotationRecord } from "../federation/authority/rotation.ts";
import type { SharedAuthority } from "../federation/authority/shared.ts";
import { type AuthoritySource, outsideCertificates } from "../federation/authority/source.ts";
import type { StackConfig } from "../federation/config/stackConfig.ts";
import type { Contract } from "../federation/contract/contract.ts";
import type { FoldedContract } from "../federation/contract/fold.ts";
import type { ContractService } from "../federation/contract/service.ts";
import type { GatewayAddress } from "../federation/core/address.ts";
import { NETWORK_LABEL } from "../federation/core/labels.ts";
import { sortedRecord } from "../federation/core/order.ts";
import { GATEWAY_NAMESPACE, ISTIO_NAMESPACE } from "../federation/core/wellKnown.ts";
import type { ExportAlias } from "../federation/exports/alias.ts";
import { openings } from "../federation/exports/gatewayListeners.ts";
import { type PublishedAliases, publishAliases } from "../federation/exports/lastExports.ts";
import type { Leftover } from "../federation/imports/leftovers.ts";
import type { PeerView, PeerStatus } from "../federation/imports/registration.ts";
import type { CertificateReport } from "../federation/trust/expiry.ts";
import type { PinnedPeer } from "../federation/trust/pinnedPeer.ts";

/** What a `FederatedCluster` is made from. All of it is plain, so that a preview shows the whole structure. */
export interface FederatedClusterArgs {
  /** The stack's config. */
  config: StackConfig;
  /** The services that the cluster offers, by host name. */
  exports: Record<string, ContractService>;
  /** What leads to those that are offered under other names than their own. */
  aliases: readonly ExportAlias[];
  /** What holds the callers of those to what the export rules say. */
  policies: readonly AuthorizationPolicy[];
  /** Addresses that the gateway had when the program started; undefined: the cluster could not be read. */
  observedGateways?: GatewayAddress[];
  /** Where the certificate authority comes from: its own, with these roots, or from outside. */
  authority: AuthoritySource;
  /** What was found of each peer that the config names. */
  peers: Record<string, PeerView>;
  /** Peers that were known and are no more: what is registered of them goes, or to other peers. */
  formerPeers: readonly string[];
  /** Server block for global names, in its markers; undefined where the config does not ask for it. */
  globalBlock: string | undefined;
  /** What was found with the topology `single-mesh`; then there are no other peers, exports and leftovers. */
  mesh?: SingleMeshArgs;
  /** Entries to remove, by the name of a peer that this stack neither names nor knows. */
  leftovers: Record<string, Leftover>;
}

/** Its type: part of its resources' names. */
export const FEDERATED_CLUSTER = "istio-federation:index:FederatedCluster";

/** One sovereign cluster in a federation: its certificate authority, Istio, its east-west gateway, and its peers. */
export class FederatedCluster extends pulumi.ComponentResource {
  /** What this cluster tells its peers: who it is, its roots, gateways and exported services; very many come folded. */
  readonly contract: pulumi.Output<Contract | FoldedContract>;
  /** State of each peer. */
  readonly peers: pulumi.Output<Record<string, PeerStatus>>;
  /** Who each peer is held to be, and the roots from which its trust anchor is made. */
  readonly trustAnchors: Record<string, PinnedPeer>;

  /** What holds peers' callers off, by `<namespace>/<name>`: it stays while the cluster cannot be read. */
  readonly callerPolicies: PublishedPolicies;
  /** What leads to Services of other names than their own, by `<namespace>/<service>`: it stays likewise. */
  readonly exportAliases: PublishedAliases;

  /** What lets each peer's istiod read this cluster; secret, and only in a single mesh, as the next two. */
  readonly access?: JoinedMesh["access"];
  /** From when to when each of those serves. */
  readonly credentials?: JoinedMesh["credentials"];
  /** By what our istiod reads each peer; secret. */
  readonly joined?: JoinedMesh["joined"];

  /** When the certificates serve that this stack made, by what they are. */
  readonly certificates: pulumi.Output<CertificateReport>;
  /** Where its own roots are; undefined when they are not its own. */
  readonly rotation?: pulumi.Output<RotationRecord>;
  /** By which the stack of a shared root signs, or could sign, its intermediate. */
  readonly certificateRequest: pulumi.Output<string>;
  /** What it has from a shared root; undefined when it is under none. */
  readonly issued?: SharedAuthority;

  constructor(name: string, args: FederatedClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super(FEDERATED_CLUSTER, name, {}, opts);
    const { config } = args;
    const cluster = clusterProvider(name, config, this);
    const child = { parent: this, provider: cluster };

    const istioNamespace = namespace(`${name}-istio`, ISTIO_NAMESPACE, child, {
      [NETWORK_LABEL]: config.cluster.network,
    });
    const gatewayNamespace = namespace(`${name}-gateways`, GATEWAY_NAMESPACE, child);

    const authority = new CertificateAuthority(
      `${name}-ca`,
      {
        trustDomain: config.cluster.trustDomain,
        ...(args.mesh === undefined ? {} : { organizationalUnit: config.cluster.name }),
        algorithm: config.certificateAuthority.algorithm,
        source: args.authority,
        namespace: istioNamespace,
      },
      child,
    );

    this.trustAnchors = pinnedPeers(args.mesh?.peers ?? args.peers);
    const { roots: ownRoots } = outsideCertificates(args.authority);
    const trust = trustPeers(name, this.trustAnchors, authority.parts, ownRoots, this);
    this.certificates = reportCertificates(authority.parts, trust);
    if (authority.parts.rotation !== undefined) this.rotation = authority.parts.rotation;
    this.certificateRequest = authority.parts.request;
    if ("shared" in args.authority) this.issued = args.authority.shared;
    const istio = new IstioControlPlane(
      `${name}-istio`,
      {
        cluster: config.cluster,
        ...config.istio,
        namespace: istioNamespace,
        trust,
        ...(args.mesh === undefined ? {} : { meshId: args.mesh.settings.meshId }),
      },
      // istiod reads its signing key when it starts, and makes a root of its own if there is none.
      { ...child, dependsOn: authority },
    );

    const policies = args.policies;
    this.callerPolicies = publishPolicies(policies);
    const guarded = { policies, gatewayNamespace };
    const guards =
      policies.length === 0
        ? []
        : [new CallerPolicies(`${name}-callers`, guarded, { ...child, dependsOn: istio })];

    const aliases = args.aliases;
    this.exportAliases = publishAliases(aliases);
    const others =
      aliases.length === 0
        ? []
        : [new ExportAliases(`${name}-aliases`, { aliases }, { ...child, dependsOn: istio })];

    const gateway = new EastWestGateway(
      `${name}-gateway`,
      {
        ...config.gateway,
        charts: config.istio.charts,
        namespace: gatewayNamespace,
        kubeconfig: config.kubeconfig,
        ...(args.observedGateways === undefined ? {} : { observed: args.observedGateways }),
        ...(args.mesh === undefined ? openings(args.exports) : networkGateway(config)),
      },
      // What is guarded is reached only once it is, and a name is opened only once it leads somewhere.
      { ...child, dependsOn: [istio, ...guards, ...others] },
    );

    if (args.mesh === undefined) {
      const imported = importFromPeers(name, args, child, istio);
      this.peers = imported.statuses;
      stubNames(name, config, args.globalBlock, imported.peers, this);
    } else {
      const mesh = joinMesh(name, args.mesh, config.kubeconfig, istioNamespace, {
        ...child,
        // Peers that read this cluster look for its gateway.
        dependsOn: [istio, gateway],
      });
      this.peers = pulumi.output(mesh.statuses);
      this.access = mesh.access;
      this.credentials = mesh.credentials;
      this.joined = mesh.joined;
    }
    this.contract = publishedContract(config, authority.parts.roots, gateway.addresses, args.exports);
    this.registerOutputs({ contract: this.contract, peers: this.peers });
  }
}

/** Sorted by peer, so that nothing changed means nothing to do. */
function pinnedPeers(peers: Readonly<Record<string, Pick<PeerView, "pinned">>>): Record<string, PinnedPeer> {
  return sortedRecord(
    Object.entries(peers).flatMap(([peer, { pinned }]) =>
      pinned === undefined ? [] : [[peer, pinned] as const],
    ),
  );
}
