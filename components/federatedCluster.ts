import * as pulumi from "@pulumi/pulumi";
import type { RotationRecord } from "../federation/authority/rotation.ts";
import { type Contract, toContract } from "../federation/contract/contract.ts";
import { type FoldedContract, foldContract } from "../federation/contract/fold.ts";
import { numberContract } from "../federation/contract/revision.ts";
import { SIGNATURE, signContract } from "../federation/contract/signature.ts";
import { mapRecord, ownValue, sortedRecord } from "../federation/core/order.ts";
import type { GatewayAddress } from "../federation/core/address.ts";
import type { DeckhouseIdentity } from "../federation/deckhouse/identity.ts";
import { describeFault } from "../federation/core/fault.ts";
import { ownGateways, unpublished } from "../federation/ownContract.ts";
import { hasDocument } from "../federation/ownObjects.ts";
import type { Publication } from "../federation/publish/publication.ts";
import { IMPORT_NAMESPACE, PUBLISH_NAMESPACE } from "../federation/core/wellKnown.ts";
import { EditedObjects } from "../providers/editedObjects.ts";
import type { PeerStatus } from "../federation/imports/registration.ts";
import type { Remembered } from "../federation/lastRun.ts";
import type { PeerAccess } from "../federation/mesh/credential.ts";
import type { ClusterPlan } from "../federation/plan.ts";
import type { CertificateReport } from "../federation/trust/expiry.ts";
import type { PinnedPeer } from "../federation/trust/pinnedPeer.ts";
import { withExtraValues } from "./charts.ts";
import { clusterProvider, namespace } from "./clusterAccess.ts";
import { installIstio } from "./clusterIstio.ts";
import { connectPeers } from "./connection.ts";
import { compareContractStack } from "./contractStack.ts";
import { createDeckhouseIdentity } from "./deckhouseIdentity.ts";
import { EastWestGateway } from "./eastWestGateway.ts";
import { joinIstio } from "./existingIstio.ts";
import { CallerPolicies, ExportAliases } from "./istioObjects.ts";
import { installGateways } from "./trafficGateways.ts";
import { TrafficObjects } from "./trafficObjects.ts";
import { publishDocuments } from "./publishedDocuments.ts";

/** Type token: part of the URNs of its resources. */
export const FEDERATED_CLUSTER = "istio-federation:index:FederatedCluster";

/** {@link Remembered}, each part an output of its own: one that is secret or unknown hides no other. */
type RememberedOutputs = Pick<
  Remembered,
  | "issued"
  | "policies"
  | "__importedBy"
  | "__registered"
  | "callers"
  | "aliases"
  | "trustDomainHosts"
  | "gateway"
> &
  Readonly<{
    rotation: pulumi.Output<RotationRecord> | undefined;
    credentials: pulumi.Output<Remembered["credentials"]>;
    joined: pulumi.Output<Remembered["joined"]>;
    publication: pulumi.Output<Publication> | undefined;
    deckhouse: pulumi.Output<DeckhouseIdentity> | undefined;
  }>;

/** Outputs of a cluster's stack. */
interface ClusterOutputs {
  /** Contract that this cluster publishes; very many services are folded. */
  federation: pulumi.Output<(Contract | FoldedContract) & { [SIGNATURE]: string }>;
  /** State of each peer, by its name. */
  peers: pulumi.Output<Record<string, PeerStatus>>;
  /** Identity and roots of each peer that is trusted, by its name. Peers read it to see whether they are. */
  trustAnchors: Readonly<Record<string, PinnedPeer>>;
  /** How each of them is trusted, by its name. */
  trust: ClusterPlan["trust"];
  /** Versions of Istio; none where charts of a folder are installed. */
  istio: { versions: readonly string[] };
  /** Validity of the certificates of this stack, by their names. */
  certificates: pulumi.Output<CertificateReport>;
  /** Certificate signing request, PEM, which the stack of a shared root signs. */
  certificateRequest: pulumi.Output<string> | undefined;
  /** Pods that take part, or move from the former revision, after a restart, as `namespace/name`. */
  restarts: readonly string[] | undefined;
  /** Credentials by which each peer of a single mesh reads this cluster, by its name; secret. Undefined with another topology. */
  access: pulumi.Output<Record<string, PeerAccess>> | undefined;
  /** For the next run alone. */
  lastRun: RememberedOutputs;
}

/** One cluster of a federation: its certificate authority, Istio, its east-west gateway, and its peers. */
export class FederatedCluster extends pulumi.ComponentResource {
  readonly outputs: ClusterOutputs;

  /** @param plan plain, so that a preview shows the whole structure. */
  constructor(name: string, plan: ClusterPlan, opts?: pulumi.ComponentResourceOptions) {
    super(FEDERATED_CLUSTER, name, {}, opts);
    const { config, authority, connection, policies, aliases } = plan;
    const { kubeconfig } = config;
    const child = { parent: this, provider: clusterProvider(name, config, this) };

    const mesh =
      authority.source === "existing"
        ? joinIstio(name, plan, authority, this, child)
        : installIstio(name, plan, authority, this, child);
    const { istio } = mesh;
    const labelsOf = (place: string): Record<string, string> =>
      authority.source === "existing" ? { ...ownValue(authority.namespaceLabels, place) } : {};
    const { place } = plan.gateway;
    const gatewayNamespace =
      config.gateway.existing === undefined
        ? namespace(`${name}-gateways`, place.namespace, child, labelsOf(place.namespace))
        : place.namespace;
    const afterIstio = { ...child, dependsOn: istio };
    const beforeGateway: pulumi.Resource[] = [istio];
    if (policies.length > 0)
      beforeGateway.push(
        new CallerPolicies(`${name}-callers`, { policies, gateway: place, gatewayNamespace }, afterIstio),
      );
    if (aliases.length > 0) beforeGateway.push(new ExportAliases(`${name}-aliases`, { aliases }, afterIstio));
    const gateway = new EastWestGateway(
      `${name}-gateway`,
      {
        ...config.gateway,
        ...plan.gateway,
        charts: config.istio.charts,
        namespace: gatewayNamespace,
        kubeconfig,
        values: withExtraValues(mesh.gatewayValues, config.gateway.values),
      },
      // A service is reached only once its callers are restricted and its alias resolves.
      { ...child, dependsOn: beforeGateway },
    );
    const connected = connectPeers(
      name,
      {
        ...{ config, connection, istio, gateway },
        rootNamespace: mesh.rootNamespace,
        importLabels: labelsOf(IMPORT_NAMESPACE),
      },
      child,
    );

    const identity = plan.hasDeckhousePeers
      ? createDeckhouseIdentity(`${name}-deckhouse`, { parent: this })
      : undefined;
    const contract = pulumi
      .all([mesh.roots, gateway.addresses, mesh.signer, mesh.signingKey])
      .apply(async ([rootCertificates, addresses, by, signingKey]) => {
        const whole = toContract(
          config,
          { rootCertificates, signingKey },
          publishedGateways(addresses, plan),
          plan,
        );
        const published = numberContract(foldContract(whole), plan.lastContract);
        return { ...published, [SIGNATURE]: await signContract(published, by) };
      });
    // Secret by the key alone, which is not in it.
    const federation = pulumi.unsecret(contract);
    const published =
      plan.publish &&
      publishDocuments(
        name,
        {
          ...{ plan, publish: plan.publish, federation, identity },
          gatewayValues: mesh.gatewayValues,
          labels: labelsOf(PUBLISH_NAMESPACE),
        },
        afterIstio,
      );

    const trafficGateways = installGateways(
      plan.traffic.gateways,
      { charts: config.istio.charts, values: mesh.gatewayValues },
      afterIstio,
    );
    if (plan.traffic.objects.length > 0)
      new TrafficObjects(
        `${name}-traffic`,
        plan.traffic,
        // Calls that are routed to an imported host before it is registered fail, as do those to a gateway that is not ready.
        { ...child, dependsOn: [istio, ...trafficGateways, ...connected.registered] },
      );

    new EditedObjects(
      `${name}-edited`,
      {
        kubeconfig,
        found: plan.edited.map((object) => {
          const route = hasDocument(object) ? published?.gateway.routes[object.name] : undefined;
          return route === undefined ? object : { ...object, spec: route };
        }),
      },
      // The plugin writes what it declares first: it knows of the objects that are added and removed.
      {
        parent: this,
        dependsOn: [...beforeGateway, gateway, ...(published === undefined ? [] : [published.gateway])],
      },
    );

    compareContractStack(plan, contract, mesh.request);

    this.outputs = {
      federation,
      peers: connected.statuses,
      trustAnchors: plan.pinned,
      trust: plan.trust,
      istio: { versions: plan.istioVersions },
      certificates: mesh.certificates,
      certificateRequest: mesh.request,
      restarts: plan.restarts,
      access: connected.access,
      lastRun: {
        rotation: mesh.rotation,
        issued: authority.source === "shared" ? authority.authority : undefined,
        policies: sortedRecord(policies.map((policy) => [`${policy.namespace}/${policy.name}`, policy])),
        gateway: place,
        __importedBy: plan.importedBy,
        __registered: plan.registered,
        callers: mapRecord(plan.callers, (callers) => [...callers]),
        aliases: sortedRecord(aliases.map((alias) => [`${alias.namespace}/${alias.service}`, alias])),
        credentials: connected.credentials,
        joined: connected.joined,
        publication: published?.publication,
        deckhouse: identity,
        trustDomainHosts:
          connection.kind === "imports"
            ? mapRecord(connection.trustDomainHosts, ({ hosts }) => [...hosts])
            : {},
      },
    };
    this.registerOutputs({ contract: this.outputs.federation, peers: this.outputs.peers });
  }
}

/** Returns the gateways of the contract; an address that was not there when the plan was made may be refused now. */
function publishedGateways(addresses: GatewayAddress[], { config, gateway }: ClusterPlan): GatewayAddress[] {
  const { gateways, refused } = ownGateways(addresses, config);
  const planned = ownGateways(gateway.observed ?? [], config).refused;
  for (const fault of refused)
    if (!planned.some(({ value }) => value === fault.value))
      void pulumi.log.warn(describeFault(unpublished(fault)));
  return gateways;
}
