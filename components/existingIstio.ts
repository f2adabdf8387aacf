import { X509Certificate } from "node:crypto";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { MANAGED_BY, MANAGED_BY_LABEL } from "../federation/core/labels.ts";
import { sortedUnique } from "../federation/core/order.ts";
import type { JoinPlan } from "../federation/existing/joinPlan.ts";
import { EXISTING_NAME, PROXY_VARIABLES } from "../federation/existing/installedIstio.ts";
import type { ClusterPlan } from "../federation/plan.ts";
import { publicKeyFingerprint } from "../federation/x509/keys.ts";
import { TrustAnchor } from "../providers/trustAnchor.ts";
import type { ClusterIstio } from "./clusterIstio.ts";
import { rootSigner, selfSignedSigner } from "./contractSigner.ts";
import { type Signer, root } from "./ownAuthority.ts";
import { type PeerTrust, reportCertificates, trustPeers } from "./peerTrust.ts";

/** Arguments of an `ExistingIstio`. */
interface ExistingIstioArgs {
  plan: JoinPlan;
  /** Root that issued the anchors; undefined for one of the mesh. */
  federationRoot: pulumi.Output<string> | undefined;
  trust: readonly PeerTrust[];
}

/** Objects beside an Istio of somebody else, by which its proxies trust the peers: the mesh config that istiod reads second, and ProxyConfigs. */
class ExistingIstio extends pulumi.ComponentResource {
  constructor(
    name: string,
    { plan, federationRoot, trust }: ExistingIstioArgs,
    opts: pulumi.ComponentResourceOptions,
  ) {
    super("istio-federation:index:ExistingIstio", name, {}, opts);
    const labels = { [MANAGED_BY_LABEL]: MANAGED_BY };
    for (const sharedName of plan.sharedMeshConfigs)
      new kubernetes.core.v1.ConfigMap(
        `${name}-${sharedName}`,
        {
          metadata: { name: sharedName, namespace: plan.istioNamespace, labels },
          // JSON is YAML.
          data: { mesh: meshConfig(federationRoot, trust) },
        },
        { parent: this },
      );
    for (const namespace of plan.proxyConfigs)
      new kubernetes.apiextensions.CustomResource(
        `${name}-${namespace}/${EXISTING_NAME}`,
        {
          apiVersion: "networking.istio.io/v1beta1",
          kind: "ProxyConfig",
          metadata: { name: EXISTING_NAME, namespace, labels },
          spec: { environmentVariables: PROXY_ENVIRONMENT },
        },
        { parent: this },
      );
    this.registerOutputs({});
  }
}

/** Environment of proxies that take part in a federation. */
const PROXY_ENVIRONMENT = Object.fromEntries(PROXY_VARIABLES.map((variable) => [variable, "true"]));

/** Renders the mesh config: peers' anchors, and a federation root that issued them, for their trust domains. Empty without peers. */
function meshConfig(
  federationRoot: pulumi.Output<string> | undefined,
  trust: readonly PeerTrust[],
): pulumi.Output<string> {
  const anchors = trust.map(({ trustDomain, certificates }) =>
    certificates.apply((all) => all.map((pem) => ({ pem, trustDomains: [trustDomain] }))),
  );
  const all = sortedUnique(trust.map(({ trustDomain }) => trustDomain));
  return pulumi.all([federationRoot, pulumi.all(anchors)]).apply(([pem, entries]) => {
    const issuer = pem === undefined || all.length === 0 ? [] : [{ pem, trustDomains: all }];
    return JSON.stringify({ caCertificates: [...issuer, ...entries.flat()] }, undefined, 2);
  });
}

/** Environment of the gateway's proxy, which is injected at once: a ProxyConfig might reach the webhook too late. */
const GATEWAY_VALUES = { env: { PROXY_CONFIG_XDS_AGENT: "true" } };

/** Signers of the peers' anchors and of the contract. */
interface MeshSigners {
  /** Issues peers' anchors. */
  issuer: Signer;
  /** Root that issues the anchors where it is none of the mesh's. */
  federationRoot: pulumi.Output<string> | undefined;
  signer: ClusterIstio["signer"];
  signingKey: ClusterIstio["signingKey"];
}

/** Joins an Istio that somebody else installed. */
export function joinIstio(
  name: string,
  { config, pinned }: ClusterPlan,
  plan: JoinPlan,
  parent: pulumi.Resource,
  child: pulumi.ComponentResourceOptions,
): ClusterIstio {
  const { issuer, federationRoot, signer, signingKey } =
    plan.issuer === undefined
      ? federationSigners(name, config, parent)
      : meshRootSigners(name, config, plan.issuer, parent);
  const trust = trustPeers(name, pinned, { issuer }, plan.roots, parent);
  const istio = new ExistingIstio(`${name}-istio`, { plan, federationRoot, trust }, child);
  const roots = pulumi.output([...plan.roots]);
  const { gatewayRevision: revision } = plan;
  return {
    istio,
    rootNamespace: plan.rootNamespace,
    roots,
    signer,
    signingKey,
    certificates: reportCertificates({ certificate: undefined, chain: [], roots, federationRoot }, trust),
    request: undefined,
    rotation: undefined,
    gatewayValues: revision === undefined ? GATEWAY_VALUES : { ...GATEWAY_VALUES, revision },
  };
}

/** Has the mesh's root, whose key was given, certify the peers' roots and the contract's signer. */
function meshRootSigners(
  name: string,
  { cluster }: ClusterPlan["config"],
  { certificate, key }: NonNullable<JoinPlan["issuer"]>,
  parent: pulumi.Resource,
): MeshSigners {
  const issuer = { certificate: pulumi.output(certificate), key: pulumi.secret(key) };
  return {
    issuer,
    federationRoot: undefined,
    signer: rootSigner(`${name}-contract`, cluster.trustDomain, issuer, { parent }),
    signingKey: undefined,
  };
}

/** Creates a root of this stack that certifies the peers' roots, and a signer of the contract that peers pin. */
function federationSigners(
  name: string,
  { cluster, certificateAuthority }: ClusterPlan["config"],
  parent: pulumi.Resource,
): MeshSigners {
  const issuer = createFederationRoot(name, cluster, certificateAuthority.algorithm, { parent });
  const signer = selfSignedSigner(`${name}-contract`, cluster.trustDomain, { parent });
  return {
    issuer,
    federationRoot: issuer.certificate,
    signer,
    signingKey: signer.apply(({ certificates: [pem = ""] }) =>
      publicKeyFingerprint(new X509Certificate(pem).publicKey),
    ),
  };
}

/** Creates the root that issues peers' anchors, valid for every trust domain but the mesh's own. */
function createFederationRoot(
  name: string,
  { name: cluster, trustDomain }: ClusterPlan["config"]["cluster"],
  algorithm: ClusterPlan["config"]["certificateAuthority"]["algorithm"],
  opts: pulumi.CustomResourceOptions,
): Signer {
  const owner = { organization: trustDomain, organizationalUnit: cluster, algorithm };
  const plain = root(`${name}-federation`, 1, owner, opts, "Federation Root");
  const { certificates } = new TrustAnchor(
    `${name}-federation-root-constrained`,
    {
      peer: cluster,
      trustDomain,
      scope: "allBut",
      rootCertificates: plain.certificate.apply((pem) => [pem]),
      issuerCertificate: plain.certificate,
      issuerKey: plain.key,
    },
    opts,
  );
  return { certificate: certificates.apply(([pem = ""]) => pem), key: plain.key };
}
