import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { StackConfig } from "../federation/config.ts";
import type { TrustAnchor } from "../federation/trustAnchor.ts";
import { type Charts, chartSource, withExtraValues } from "./charts.ts";

/** What an `IstioControlPlane` is made from. */
export interface IstioControlPlaneArgs {
  /** The cluster's name, domain, trust domain and network, as Istio uses these words. */
  cluster: StackConfig["cluster"];
  /** Where Istio's charts come from. */
  charts: Charts;
  /** Extra Helm values, merged over ours: they win. */
  values: StackConfig["istio"]["values"];
  /** Name of the namespace to install into. */
  namespace: pulumi.Input<string>;
  /**
   * Peers whose workloads are trusted here. Istio's bundle is flat: what a peer's root signs is taken for an identity of any
   * trust domain that is accepted here, ours included.
   */
  trustAnchors: pulumi.Input<pulumi.Input<TrustAnchor>[]>;
}

/** Istio's CRDs, istiod set up to trust several roots, and mutual TLS required of every workload. */
export class IstioControlPlane extends pulumi.ComponentResource {
  constructor(name: string, args: IstioControlPlaneArgs, opts?: pulumi.ComponentResourceOptions) {
    super("istio-federation:index:IstioControlPlane", name, {}, opts);
    const child = { parent: this };

    const base = new kubernetes.helm.v3.Release(
      `${name}-base`,
      {
        name: "istio-base",
        namespace: args.namespace,
        ...chartSource(args.charts, "base"),
        values: withExtraValues({ defaultRevision: "default" }, args.values.base),
      },
      child,
    );

    const istiod = new kubernetes.helm.v3.Release(
      `${name}-istiod`,
      {
        name: "istiod",
        namespace: args.namespace,
        ...chartSource(args.charts, "istiod"),
        values: pulumi
          .output(args.trustAnchors)
          .apply((anchors) => withExtraValues(istiodValues(args.cluster, anchors), args.values.istiod)),
      },
      { ...child, dependsOn: base },
    );

    new kubernetes.apiextensions.CustomResource(
      `${name}-strict-mtls`,
      {
        apiVersion: "security.istio.io/v1",
        kind: "PeerAuthentication",
        // In Istio's root namespace and without a selector it holds for the whole mesh.
        metadata: { name: "default", namespace: args.namespace },
        spec: { mtls: { mode: "STRICT" } },
      },
      { ...child, dependsOn: istiod },
    );

    this.registerOutputs({});
  }
}

/** Helm values of istiod. Trusting a second root takes all three: ISTIO_MULTIROOT_MESH, PROXY_CONFIG_XDS_AGENT, caCertificates. */
function istiodValues(cluster: StackConfig["cluster"], anchors: TrustAnchor[]): object {
  return {
    global: {
      network: cluster.network,
      multiCluster: { clusterName: cluster.name },
      proxy: { clusterDomain: cluster.domain },
    },
    env: {
      ISTIO_MULTIROOT_MESH: "true",
      // A Gateway object counts only in the namespace of the gateway's pods: no tenant can widen what we export.
      PILOT_SCOPE_GATEWAY_TO_NAMESPACE: "true",
    },
    meshConfig: {
      trustDomain: cluster.trustDomain,
      defaultConfig: { proxyMetadata: { PROXY_CONFIG_XDS_AGENT: "true", ISTIO_META_DNS_CAPTURE: "true" } },
      // Never trustDomainAliases: those would make the peer's identities equal to ours.
      caCertificates: anchors.flatMap(({ trustDomain, rootCertificates }) =>
        rootCertificates.map((pem) => ({ pem, trustDomains: [trustDomain] })),
      ),
    },
  };
}
