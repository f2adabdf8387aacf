import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type Charts, chartSource, withExtraValues } from "./charts.ts";
import type { PeerTrust } from "./peerTrust.ts";
import { BASE_RELEASE } from "../federation/core/helmReleases.ts";
import type { StackConfig } from "../federation/config/stackConfig.ts";
import { MANAGED_BY, MANAGED_BY_LABEL } from "../federation/core/labels.ts";
import {
  type RevisionConfig,
  chartRevision,
  istiodRelease,
  revisionSuffix,
} from "../federation/core/revision.ts";
import { withoutUndefined } from "../federation/core/order.ts";
import { STRICT_MUTUAL_TLS } from "../federation/exports/mutualTls.ts";

/** Arguments of an `IstioControlPlane`. */
export interface IstioControlPlaneArgs {
  /** The cluster's name, domain, trust domain and network, as Istio uses these words. */
  cluster: StackConfig["cluster"];
  /** Source of the base chart. */
  charts: Charts;
  /** Extra Helm values of the base chart, which override ours. */
  baseValues: StackConfig["istio"]["values"]["base"];
  /** The istiods, in the order of their installation; all get the trust anchors before workloads move from one to another. */
  revisions: readonly RevisionConfig[];
  /** Name of the namespace to install into. */
  namespace: pulumi.Input<string>;
  /**
   * Trust anchors of the peers. Istio's bundle is flat: each certificate in it may sign for any accepted trust domain, so each must itself
   * be constrained to that of its peer.
   */
  trust: readonly PeerTrust[];
  /** Istio's mesh ID; undefined outside a single mesh. */
  meshId: string | undefined;
}

/** Disables the charts' ServiceAccount for `istioctl create-remote-secret`, which may read most of the cluster. */
const NO_READER = { enableReaderRBAC: false };

/** Istio's CRDs, istiod set up to trust several roots, and mutual TLS required of every workload. */
export class IstioControlPlane extends pulumi.ComponentResource {
  constructor(name: string, args: IstioControlPlaneArgs, opts?: pulumi.ComponentResourceOptions) {
    super("istio-federation:index:IstioControlPlane", name, {}, opts);
    const child = { parent: this };

    const base = new kubernetes.helm.v3.Release(
      `${name}-base`,
      {
        name: BASE_RELEASE.name,
        namespace: args.namespace,
        ...chartSource(args.charts, "base"),
        // Validates objects by the istiod that is there already, until it is removed.
        values: withExtraValues(
          { defaultRevision: args.revisions[0]?.revision, global: NO_READER },
          args.baseValues,
        ),
      },
      child,
    );

    // One after the other: a revision tag is taken from one release before the other gets it.
    const istiods = args.revisions.reduce<pulumi.Resource[]>(
      (before, revision) => [...before, this.installIstiod(name, args, revision, [base, ...before])],
      [],
    );

    new kubernetes.apiextensions.CustomResource(
      `${name}-strict-mtls`,
      {
        apiVersion: "security.istio.io/v1",
        kind: "PeerAuthentication",
        // In Istio's root namespace and without a selector it applies to the whole mesh.
        metadata: {
          name: "default",
          namespace: args.namespace,
          labels: { [MANAGED_BY_LABEL]: MANAGED_BY },
        },
        spec: STRICT_MUTUAL_TLS,
      },
      { ...child, dependsOn: istiods },
    );

    this.registerOutputs({});
  }

  /** Installs the istiod of one revision. Its resource has the revision's name, so that removing the other one touches nothing of it. */
  private installIstiod(
    name: string,
    args: IstioControlPlaneArgs,
    { revision, charts, values }: RevisionConfig,
    dependsOn: pulumi.Resource[],
  ): pulumi.Resource {
    return new kubernetes.helm.v3.Release(
      `${name}-istiod${revisionSuffix(revision)}`,
      {
        name: istiodRelease(revision).name,
        namespace: args.namespace,
        ...chartSource(charts, "istiod"),
        values: withExtraValues(
          withoutUndefined({ revision: chartRevision(revision), ...istiodValues(args) }),
          values,
        ),
      },
      { parent: this, dependsOn },
    );
  }
}

/** Helm values of istiod. Trusting a second root takes all three: ISTIO_MULTIROOT_MESH, PROXY_CONFIG_XDS_AGENT, caCertificates. */
function istiodValues({ cluster, trust, meshId }: IstioControlPlaneArgs): object {
  return {
    global: withoutUndefined({
      ...NO_READER,
      meshID: meshId,
      network: cluster.network,
      multiCluster: { clusterName: cluster.name },
      proxy: { clusterDomain: cluster.domain },
    }),
    env: {
      ISTIO_MULTIROOT_MESH: "true",
      // Gateway objects apply only in the namespace of the gateway's pods, so that no tenant can export more.
      PILOT_SCOPE_GATEWAY_TO_NAMESPACE: "true",
    },
    meshConfig: {
      trustDomain: cluster.trustDomain,
      defaultConfig: { proxyMetadata: { PROXY_CONFIG_XDS_AGENT: "true", ISTIO_META_DNS_CAPTURE: "true" } },
      // No trustDomainAliases: they would make the peer's identities equal to ours.
      caCertificates: caCertificates(trust),
    },
  };
}

/** Returns the only value that is an output: a preview shows the others even before an anchor is issued. */
function caCertificates(trust: readonly PeerTrust[]): pulumi.Output<object[]> {
  const entries = trust.map(({ trustDomain, certificates }) =>
    certificates.apply((all) => all.map((pem) => ({ pem, trustDomains: [trustDomain] }))),
  );
  return pulumi.all(entries).apply((all) => all.flat());
}
