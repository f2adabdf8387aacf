import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type Charts, chartSource, withExtraValues } from "./charts.ts";
import type { PeerTrust } from "./peerTrust.ts";
import { BASE_RELEASE, ISTIOD_RELEASE } from "../federation/core/helmReleases.ts";
import type { StackConfig } from "../federation/config/stackConfig.ts";
import { MANAGED_BY, MANAGED_BY_LABEL } from "../federation/core/labels.ts";
import { withoutUndefined } from "../federation/core/order.ts";
import { STRICT_MUTUAL_TLS } from "../federation/exports/mutualTls.ts";

/** Arguments of an `IstioControlPlane`. */
export interface IstioControlPlaneArgs {
  /** The cluster's name, domain, trust domain and network, as Istio uses these words. */
  cluster: StackConfig["cluster"];
  /** Source of Istio's charts. */
  charts: Charts;
  /** Extra Helm values, which override ours. */
  values: StackConfig["istio"]["values"];
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
        values: withExtraValues({ defaultRevision: "default", global: NO_READER }, args.values.base),
      },
      child,
    );

    const istiod = new kubernetes.helm.v3.Release(
      `${name}-istiod`,
      {
        name: ISTIOD_RELEASE.name,
        namespace: args.namespace,
        ...chartSource(args.charts, "istiod"),
        values: withExtraValues(istiodValues(args), args.values.istiod),
      },
      { ...child, dependsOn: base },
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
      { ...child, dependsOn: istiod },
    );

    this.registerOutputs({});
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
