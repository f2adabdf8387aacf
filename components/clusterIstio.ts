import type * as pulumi from "@pulumi/pulumi";
import type { InstalledAuthority } from "../federation/authority/authority.ts";
import type { RotationRecord } from "../federation/authority/rotation.ts";
import type { ContractSigner } from "../federation/contract/signature.ts";
import { CLUSTER_LABEL, NETWORK_LABEL } from "../federation/core/labels.ts";
import { chartRevision, newestCharts, revisionsOf } from "../federation/core/revision.ts";
import { withoutUndefined } from "../federation/core/order.ts";
import { ISTIO_NAMESPACE } from "../federation/core/wellKnown.ts";
import type { ClusterPlan } from "../federation/plan.ts";
import type { CertificateReport } from "../federation/trust/expiry.ts";
import { CertificateAuthority } from "./certificateAuthority.ts";
import { namespace } from "./clusterAccess.ts";
import { contractSigner } from "./contractSigner.ts";
import { IstioControlPlane } from "./istioControlPlane.ts";
import { reportCertificates, trustPeers } from "./peerTrust.ts";

/** Istio in a cluster that trusts the peers, whoever installed it. */
export interface ClusterIstio {
  /** Exists before Istio's objects. */
  istio: pulumi.Resource;
  /** Name of Istio's root namespace, once it exists. */
  rootNamespace: pulumi.Input<string>;
  /** Roots that peers must trust, PEM. */
  roots: pulumi.Output<string[]>;
  signer: pulumi.Output<ContractSigner>;
  /** SHA-256 of the key that signs the contract; undefined where the roots certify it. */
  signingKey: pulumi.Output<string> | undefined;
  certificates: pulumi.Output<CertificateReport>;
  /** Certificate signing request; undefined where istiod's key is somebody else's. */
  request: pulumi.Output<string> | undefined;
  rotation: pulumi.Output<RotationRecord> | undefined;
  /** Helm values of the gateways' chart, below the user's. */
  gatewayValues: object;
}

/** Installs the cluster's certificate authority and Istio. */
export function installIstio(
  name: string,
  { config, connection, pinned }: ClusterPlan,
  authority: InstalledAuthority,
  parent: pulumi.Resource,
  child: pulumi.ComponentResourceOptions,
): ClusterIstio {
  const { cluster } = config;
  const istioNamespace = namespace(`${name}-istio`, ISTIO_NAMESPACE, child, {
    [CLUSTER_LABEL]: cluster.name,
    [NETWORK_LABEL]: cluster.network,
  });
  const certificateAuthority = new CertificateAuthority(
    `${name}-ca`,
    {
      plan: authority,
      organization: cluster.trustDomain,
      organizationalUnit: connection.kind === "mesh" ? cluster.name : undefined,
      algorithm: config.certificateAuthority.algorithm,
      namespace: istioNamespace,
    },
    child,
  );
  const { parts } = certificateAuthority;
  const trust = trustPeers(name, pinned, parts, authority.roots, parent);
  const istio = new IstioControlPlane(
    `${name}-istio`,
    {
      cluster,
      charts: newestCharts(config.istio),
      baseValues: config.istio.values.base,
      revisions: revisionsOf(config.istio),
      namespace: istioNamespace,
      trust,
      meshId: connection.kind === "mesh" ? connection.settings.meshId : undefined,
    },
    // istiod reads its signing key when it starts, and makes a root of its own if there is none.
    { ...child, dependsOn: certificateAuthority },
  );
  return {
    istio,
    rootNamespace: istioNamespace,
    roots: parts.roots,
    signer: contractSigner(`${name}-contract`, cluster.trustDomain, parts, { parent: certificateAuthority }),
    signingKey: undefined,
    certificates: reportCertificates({ ...parts, federationRoot: undefined }, trust),
    request: parts.request,
    rotation: parts.rotation,
    gatewayValues: withoutUndefined({ revision: chartRevision(config.istio.revision) }),
  };
}
